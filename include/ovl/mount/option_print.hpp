// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/octal.hpp>
#include <ovl/mount/escape.hpp>
#include <ovl/mount/option_string.hpp>
#include <ovl/mount/option_text.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ovl {

namespace detail {

[[nodiscard]] inline std::vector<layer> views_of(const std::vector<layer_source>& sources) {
    std::vector<layer> views;
    views.reserve(sources.size());
    for (const layer_source& each : sources)
        views.push_back(each.view());
    return views;
}

/// Appends `name=value` for the form: mountinfo escapes what would end or split an option.
inline void append_option(std::string& text, std::string_view name, std::string_view value,
                          option_form form) {
    text.append(text.empty() ? "" : ",").append(name).append("=");
    if (form == option_form::mountinfo)
        append_octal(text, value, ",= \t\n\\");
    else
        text.append(value);
}

inline void append_layer_options(std::string& text, const mount_options& options,
                                 option_form form) {
    const auto through =
        form == option_form::mountinfo ? mount_interface::fsconfig : mount_interface::mount_string;
    const auto lower = views_of(options.lowerdir);
    const auto data = views_of(options.datadir);
    if (!lower.empty())
        append_option(text, "lowerdir", lowerdir_value({.lower = lower, .data = data}, through),
                      form);
    const auto add = [&](const char* name, const std::optional<layer_source>& source,
                         layer_role role) {
        if (!source.has_value())
            return;
        std::string value;
        append_layer(value, source->view(), through, role);
        append_option(text, name, value, form);
    };
    add("upperdir", options.upperdir, layer_role::upperdir);
    add("workdir", options.workdir, layer_role::workdir);
}

inline void append_attributes(std::string& text, const mount_attributes& attributes) {
    const auto add = [&](bool set, std::string_view name) {
        if (set)
            text.append(text.empty() ? "" : ",").append(name);
    };
    add(attributes.read_only, "ro");
    add(attributes.nosuid, "nosuid");
    add(attributes.nodev, "nodev");
    add(attributes.noexec, "noexec");
    add(attributes.nosymfollow, "nosymfollow");
    add(attributes.nodiratime, "nodiratime");
    add(attributes.atime == atime_mode::noatime, "noatime");
    add(attributes.atime == atime_mode::strictatime, "strictatime");
}

/// Tells what `others` cannot say: no name, NUL, or what is not read back as such, since it has a member of its own or
/// mount(8) keeps it to itself.
[[nodiscard]] inline result<void> check_other(const std::string& name,
                                              const std::optional<std::string>& value) {
    if (!is_option_name(name))
        return bad_option(name, std::string{option_name_rule});
    if (value.has_value() && value->find('\0') != std::string::npos)
        return bad_option(name, "options cannot hold a NUL byte");
    option_parser reader{option_form::mount};
    const bool taken = reader.take(value.has_value() ? name + "=" + *value : name).has_value();
    if (!taken || reader.options().others.empty())
        return bad_option(name, "an option that ovl or mount(8) knows does not go to others");
    return {};
}

/// Tells what no form can say.
[[nodiscard]] inline result<void> check_expressible(const mount_options& options) {
    const auto path = [](const layer_source& layer, const char* name) -> result<void> {
        if (layer.by_path() && layer.path().empty())
            return bad_option(name, "a layer's path is empty");
        if (layer.path().find('\0') != std::string::npos)
            return bad_option(name, "a path cannot hold a NUL byte");
        return {};
    };
    if (options.lowerdir.empty() && !options.datadir.empty())
        return bad_option("lowerdir", "data-only layers are written behind a lower one");
    for (const auto* const group : {&options.lowerdir, &options.datadir})
        for (const layer_source& each : *group)
            if (auto fine = path(each, "lowerdir"); !fine.has_value())
                return fine;
    for (const auto& [layer, name] :
         {std::pair{&options.upperdir, "upperdir"}, std::pair{&options.workdir, "workdir"}})
        if (layer->has_value())
            if (auto fine = path(**layer, name); !fine.has_value())
                return fine;
    for (const auto& [name, value] : options.others)
        if (auto fine = check_other(name, value); !fine.has_value())
            return fine;
    return {};
}

} // namespace detail

/// Writes options as one string that parse_mount_options reads back as the same, and mount(8),
/// fstab or a reader of mountinfo takes. Layers given by descriptor are written as /proc/self/fd.
/// EINVAL, with the option as the subject, for what a form cannot say: data-only layers without a
/// lower one, an empty path, NUL, a name in `others` that is none, that ovl or that mount(8) knows,
/// and, but for the layers, a value with a double quote or with a backslash at its end.
[[nodiscard]] inline result<std::string>
print_mount_options(const mount_options& options, option_form form = option_form::mount) {
    std::string text;
    if (auto fine = detail::check_expressible(options); !fine.has_value())
        return fail(std::move(fine.error()));
    detail::append_layer_options(text, options, form);
    for (const mount_parameter& each : options.parameters()) {
        if (each.value == nullptr) {
            text.append(text.empty() ? "" : ",").append(each.name);
            continue;
        }
        const std::string_view value = each.value;
        if (value.find('"') != std::string_view::npos || value.ends_with('\\'))
            return detail::bad_option(std::string{each.name}.append("=").append(value),
                                      "double quotes stand for themselves in paths alone, and a "
                                      "backslash at the end would escape the comma after it");
        const bool comma =
            form != option_form::mountinfo && value.find(',') != std::string_view::npos;
        detail::append_option(
            text, each.name,
            comma ? std::string{'"'}.append(value).append("\"") : std::string{value}, form);
    }
    detail::append_attributes(text, options.attributes);
    if (form != option_form::fstab)
        return text;
    std::string field;
    detail::append_octal(field, text, " \t\n\\");
    return field;
}

} // namespace ovl
