// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/octal.hpp>
#include <ovl/mount/escape.hpp>
#include <ovl/mount/option_text.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ovl {

namespace detail {

/// Reads an option string token by token into mount_options.
class option_parser {
  public:
    explicit option_parser(option_form form) noexcept : form_{form} {}

    [[nodiscard]] result<mount_options> parse(std::string_view text) {
        if (text.find('\0') != std::string_view::npos)
            return bad_option("options", "options cannot hold a NUL byte");
        while (!text.empty())
            if (auto taken = take(cut_token(text)); !taken.has_value())
                return fail(std::move(taken.error()));
        return std::move(options_);
    }

    /// Reads one option that stands alone, as statmount(2) gives them.
    [[nodiscard]] result<void> take(std::string_view token) {
        const std::size_t equals = token.find('=');
        std::string name{token.substr(0, equals)};
        if (name.empty())
            return token.empty() ? result<void>{} : bad_option(std::string{token}, "no name");
        if (!is_option_name(name))
            return bad_option(std::string{token}, std::string{option_name_rule});
        if (equals == std::string_view::npos)
            return take_flag(name);
        std::string value{token.substr(equals + 1)};
        if (form_ == option_form::mountinfo)
            value = decode_octal(value);
        if (value.find('\0') != std::string::npos)
            return bad_option(name + "=", "options cannot hold a NUL byte");
        if (is_layer(name))
            return take_layer(name, value);
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
            value = value.substr(1, value.size() - 2);
        return take_value(name, value);
    }

    [[nodiscard]] mount_options& options() noexcept { return options_; }

    /// What was given by descriptor is shown without the backslashes that a string has.
    bool plain_upperdir = false;
    bool plain_workdir = false;

  private:
    [[nodiscard]] static bool is_layer(std::string_view name) noexcept {
        return name == "lowerdir" || name == "lowerdir+" || name == "datadir+" ||
               name == "upperdir" || name == "workdir";
    }

    /// Takes the first option off `rest`.
    [[nodiscard]] std::string_view cut_token(std::string_view& rest) const noexcept {
        const std::size_t equals = rest.find_first_of("=,");
        const bool valued = equals != std::string_view::npos && rest[equals] == '=';
        // In mountinfo SELinux alone quotes, and the whole of a value.
        const bool quotable = valued && !is_layer(rest.substr(0, equals)) &&
                              (form_ != option_form::mountinfo ||
                               rest.substr(equals + 1).starts_with('"'));
        bool quoted = false;
        std::size_t end = 0;
        for (; end < rest.size() && (rest[end] != ',' || quoted); ++end) {
            if (rest[end] == '"' && quotable)
                quoted = !quoted;
            else if (rest[end] == '\\' && form_ != option_form::mountinfo && end + 1 < rest.size())
                ++end;
        }
        const std::string_view token = rest.substr(0, end);
        rest.remove_prefix(end < rest.size() ? end + 1 : end);
        return token;
    }

    [[nodiscard]] result<void> take_flag(const std::string& name) {
        if (is_layer(name))
            return bad_option(name, name + " needs a path");
        const auto* const attribute = ranges::find(attribute_flags, name, &attribute_flag::name);
        if (attribute != attribute_flags.end())
            attribute->apply(options_.attributes);
        else if (name == "userxattr")
            options_.userxattr = true;
        else if (name == "volatile")
            set_volatile();
        else if (name == "default_permissions")
            options_.default_permissions = true;
        else if (name == "override_creds")
            options_.override_creds = toggle::on;
        else if (name == "nooverride_creds")
            options_.override_creds = toggle::off;
        else if (is_an_act(name))
            return bad_option(name, name + " is an act of mount(8), not an option of a new mount");
        else if (has_values(name))
            return take_value(name, "");
        else if (!is_for_user_space(name))
            options_.others.push_back({.name = name});
        return {};
    }

    void set_volatile() noexcept {
        options_.is_volatile = true;
        options_.fsync = fsync_mode::kernel_default;
    }

    [[nodiscard]] static bool has_values(std::string_view name) noexcept {
        constexpr std::string_view names[] = {"redirect_dir", "index", "nfs_export", "xino",
                                              "metacopy",     "uuid",  "verity",     "fsync"};
        return ranges::contains(names, name);
    }

    [[nodiscard]] result<void> take_value(const std::string& name, const std::string& value) {
        if (name == "redirect_dir")
            return set_named(options_.redirect_dir, name, value);
        if (name == "index")
            return set_named(options_.index, name, value);
        if (name == "nfs_export")
            return set_named(options_.nfs_export, name, value);
        if (name == "xino")
            return set_named(options_.xino, name, value);
        if (name == "metacopy")
            return set_named(options_.metacopy, name, value);
        if (name == "uuid")
            return set_named(options_.uuid, name, value);
        if (name == "verity")
            return set_named(options_.verity, name, value);
        if (name == "fsync" && value == "volatile") {
            set_volatile();
            return {};
        }
        if (name == "fsync") {
            options_.is_volatile = false;
            return set_named(options_.fsync, name, value);
        }
        if (!is_for_user_space(name))
            options_.others.push_back({.name = name, .value = value});
        return {};
    }

    [[nodiscard]] result<void> take_layer(const std::string& name, const std::string& value) {
        if (value.empty())
            return bad_option(name + "=", name + " needs a path; it is empty");
        if (name == "upperdir" || name == "workdir") {
            const bool plain = name == "upperdir" ? plain_upperdir : plain_workdir;
            (name == "upperdir" ? options_.upperdir : options_.workdir) =
                plain ? value : unescaped(value);
            return {};
        }
        if (name == "lowerdir")
            return take_lowerdir(value);
        if (listed_)
            return bad_option(name + "=" + value, name + " cannot follow lowerdir");
        if (name == "lowerdir+" && !options_.datadir.empty())
            return bad_option(name + "=" + value, "lowerdir+ cannot follow datadir+");
        (name == "lowerdir+" ? options_.lowerdir : options_.datadir).emplace_back(value);
        return {};
    }

    /// As ovl_parse_param_lowerdir of fs/overlayfs/params.c: layers between colons, data-only ones
    /// behind two.
    [[nodiscard]] result<void> take_lowerdir(std::string_view value) {
        const std::string whole = "lowerdir=" + std::string{value};
        listed_ = true;
        options_.lowerdir.clear();
        options_.datadir.clear();
        bool is_data = false;
        for (;;) {
            const std::size_t end = end_of_layer(value);
            if (end == 0)
                return bad_option(whole, "a layer of lowerdir is empty; a colon in a name is "
                                         "written with a backslash before it");
            (is_data ? options_.datadir : options_.lowerdir)
                .emplace_back(unescaped(value.substr(0, end)));
            if (end == value.size())
                return {};
            const bool two = value.substr(end).starts_with("::");
            if (is_data && !two)
                return bad_option(whole, "a lower layer cannot follow a data-only one");
            is_data |= two;
            value.remove_prefix(end + (two ? 2 : 1));
        }
    }

    [[nodiscard]] static std::size_t end_of_layer(std::string_view value) noexcept {
        std::size_t end = 0;
        for (; end < value.size() && value[end] != ':'; ++end)
            if (value[end] == '\\' && end + 1 < value.size())
                ++end;
        return end;
    }

    [[nodiscard]] static std::string unescaped(std::string_view text) {
        std::string plain;
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\\' && i + 1 < text.size())
                ++i;
            plain += text[i];
        }
        return plain;
    }

    option_form form_;
    mount_options options_{};
    bool listed_ = false;
};

} // namespace detail

/// Reads an option string as it stands after `mount -o`, in fstab or in mountinfo. The last of two
/// that say the same wins, as in the kernel; what mount(8) and systemd keep to themselves
/// (`defaults`, `nofail`, `x-...`) is left out; an option that ovl does not know goes to `others`.
/// Fails with EINVAL, the option at fault as the subject and what would be right as the
/// explanation. Conflicts are the affair of check_options. Needs no privilege.
[[nodiscard]] inline result<mount_options>
parse_mount_options(std::string_view text, option_form form = option_form::mount) {
    const std::string plain = form == option_form::fstab ? detail::decode_octal(text) : "";
    return detail::option_parser{form}.parse(form == option_form::fstab ? plain : text);
}

} // namespace ovl
