// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/kernel_calls.hpp>
#include <ovl/mount/context_layers.hpp>
#include <ovl/mount/escape.hpp>

#include <concepts>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <vector>

/// What mount(2) is told. These are templates, as are the classes built on them, so that they cost only those who
/// mount, and not everybody who includes a probe.
namespace ovl::detail {

/// Flags of mount(2) that fsconfig(2) takes as keys.
[[nodiscard]] inline unsigned long flag_of(std::string_view name) noexcept {
    constexpr unsigned long lazytime = 1UL << 25;
    if (name == "ro")
        return MS_RDONLY;
    if (name == "sync")
        return MS_SYNCHRONOUS;
    if (name == "dirsync")
        return MS_DIRSYNC;
    return name == "lazytime" ? lazytime : 0;
}

/// The flags of mount(2) that a request asks for.
template <std::same_as<mount_request> Request = mount_request>
[[nodiscard]] unsigned long mount_flags(const Request& request) noexcept {
    constexpr unsigned long nosymfollow = 256;
    unsigned long flags = 0;
    const auto add = [&](unsigned attribute, unsigned long flag) {
        flags |= (request.attributes & attribute) != 0 ? flag : 0;
    };
    add(mount_attribute_read_only, MS_RDONLY);
    add(mount_attribute_nosuid, MS_NOSUID);
    add(mount_attribute_nodev, MS_NODEV);
    add(mount_attribute_noexec, MS_NOEXEC);
    add(mount_attribute_noatime, MS_NOATIME);
    add(mount_attribute_strictatime, MS_STRICTATIME);
    add(mount_attribute_nodiratime, MS_NODIRATIME);
    add(mount_attribute_nosymfollow, nosymfollow);
    for (const mount_parameter& parameter : request.parameters)
        flags |= flag_of(parameter.name);
    return flags;
}

/// The options as one string, escaped as mount(2) and libmount want them.
template <std::same_as<mount_request> Request = mount_request>
[[nodiscard]] std::string mount_data(const Request& request) {
    std::string text = "lowerdir=";
    append_lowerdir(text, request, mount_interface::mount_string);
    const auto add_layer = [&](std::string_view key, const std::optional<layer>& what,
                               layer_role role) {
        if (what.has_value()) {
            text += key;
            append_layer(text, *what, mount_interface::mount_string, role);
        }
    };
    add_layer(",upperdir=", request.upper, layer_role::upperdir);
    add_layer(",workdir=", request.work, layer_role::workdir);
    for (const mount_parameter& parameter : request.parameters) {
        if (flag_of(parameter.name) != 0)
            continue;
        text.append(",").append(parameter.name);
        if (parameter.value == nullptr)
            continue;
        // A label with categories: SELinux takes it in quotes, without them it would be two options.
        const std::string_view value = parameter.value;
        const char* const quote = value.find(',') == std::string_view::npos ? "" : "\"";
        text.append("=").append(quote).append(value).append(quote);
    }
    return text;
}

/// The layers of a request under other names, in storage of its own.
template <std::same_as<mount_request> Request>
class renamed_layers {
  public:
    /// Each layer's new name is `rename(layer)`, a string.
    template <class Rename>
    renamed_layers(const Request& request, Rename rename) : request_{request} {
        const std::size_t count = request.lower.size() + request.data.size() + 2;
        names_.reserve(count);
        layers_.reserve(count);
        const auto add = [&](const layer& what) {
            layers_.push_back({.path = names_.emplace_back(rename(what))});
        };
        for (const auto& group : {request.lower, request.data})
            for (const layer& what : group)
                add(what);
        for (const auto& one : {request.upper, request.work})
            if (one.has_value())
                add(*one);
    }

    /// The request in the new names; refers to this.
    [[nodiscard]] Request request() const noexcept {
        Request renamed = request_;
        const std::span<const layer> all{layers_};
        renamed.lower = all.subspan(0, request_.lower.size());
        renamed.data = all.subspan(request_.lower.size(), request_.data.size());
        std::size_t next = request_.lower.size() + request_.data.size();
        if (renamed.upper.has_value())
            renamed.upper = all[next++];
        if (renamed.work.has_value())
            renamed.work = all[next];
        return renamed;
    }

  private:
    Request request_;
    std::vector<std::string> names_;
    std::vector<layer> layers_;
};

/// The longest directory above all layers; empty where one has no absolute path.
template <std::same_as<mount_request> Request = mount_request>
[[nodiscard]] std::string common_directory(const Request& request) {
    std::string_view common;
    bool first = true;
    const auto take = [&](const layer& what) {
        if (what.at != AT_FDCWD || !what.path.starts_with('/')) {
            common = {};
        } else if (first) {
            common = what.path;
        } else {
            std::size_t same = 0;
            while (same < common.size() && same < what.path.size() &&
                   common[same] == what.path[same])
                ++same;
            common = common.substr(0, same);
        }
        first = false;
        common = common.substr(0, common.rfind('/') + 1);
    };
    for (const auto& group : {request.lower, request.data})
        for (const layer& what : group)
            take(what);
    for (const auto& one : {request.upper, request.work})
        if (one.has_value())
            take(*one);
    return std::string{common};
}

} // namespace ovl::detail
