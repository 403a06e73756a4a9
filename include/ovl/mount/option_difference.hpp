// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/read_text.hpp>
#include <ovl/mount/effective_options.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace ovl {

/// An option that was asked for, and what is in force instead.
struct option_difference {
    std::string option;
    std::string requested;
    std::string effective;

    friend bool operator==(const option_difference&, const option_difference&) = default;
};

namespace detail {

/// The default of an option, which the kernel does not show: the module's parameter. Where that
/// cannot be read it is the one of the kernel's own configuration, off.
[[nodiscard]] inline toggle default_of(std::string_view parameter) {
    const auto text =
        read_text(std::string{"/sys/module/overlay/parameters/"}.append(parameter).c_str());
    return text.has_value() && text.value().starts_with('Y') ? toggle::on : toggle::off;
}

class option_comparison {
  public:
    option_comparison(const mount_options& requested, const effective_options& found)
        : requested_{requested}, found_{found.options}, source_{found.source} {}

    [[nodiscard]] std::vector<option_difference> differences() {
        if (requested_.upperdir && !requested_.attributes.read_only && found_.attributes.read_only)
            add("rw", "rw", "ro");
        compare_attributes();
        if (requested_.upperdir) {
            if (requested_.is_volatile && !found_.is_volatile)
                add("volatile", "volatile", "off");
            compare_toggle("index", requested_.index, found_.index);
        }
        if (source_ != option_source::artefacts)
            compare_shown();
        return std::move(list_);
    }

  private:
    void add(std::string_view option, std::string_view requested, std::string_view effective) {
        list_.push_back({std::string{option}, std::string{requested}, std::string{effective}});
    }

    void compare_attributes() {
        const mount_attributes& wanted = requested_.attributes;
        const mount_attributes& has = found_.attributes;
        const auto compare = [&](std::string_view name, bool asked, bool held) {
            if (asked && !held)
                add(name, name, "off");
        };
        compare("ro", wanted.read_only, has.read_only);
        compare("nosuid", wanted.nosuid, has.nosuid);
        compare("nodev", wanted.nodev, has.nodev);
        compare("noexec", wanted.noexec, has.noexec);
        compare("nosymfollow", wanted.nosymfollow, has.nosymfollow);
        compare("nodiratime", wanted.nodiratime, has.nodiratime);
        compare("noatime", wanted.atime == atime_mode::noatime, has.atime == atime_mode::noatime);
    }

    /// `shown`, or, where the kernel shows nothing of it, what goes without saying.
    template <class Value>
    [[nodiscard]] static Value or_else(Value shown, Value unsaid) noexcept {
        return shown != Value::kernel_default ? shown : unsaid;
    }

    void compare_toggle(std::string_view name, toggle asked, toggle shown) {
        if (asked == toggle::kernel_default)
            return;
        const toggle holds = or_else(shown, default_of(name));
        if (holds != asked)
            add(name, spelling(asked), spelling(holds));
    }

    /// What the kernel shows where it is not the default. xino is not compared: it is hidden where
    /// all layers share a filesystem; override_creds never shows.
    void compare_shown() {
        compare_toggle("metacopy", requested_.metacopy, found_.metacopy);
        if (requested_.upperdir)
            compare_toggle("nfs_export", requested_.nfs_export, found_.nfs_export);
        compare_redirect_dir();
        const uuid_mode uuid = or_else(found_.uuid, requested_.uuid);
        if (requested_.uuid != uuid_mode::kernel_default && requested_.uuid != uuid)
            add("uuid", spelling(requested_.uuid), spelling(uuid));
        const verity_mode wanted = or_else(requested_.verity, verity_mode::off);
        const verity_mode holds = or_else(found_.verity, verity_mode::off);
        if (wanted != holds)
            add("verity", spelling(wanted), spelling(holds));
        if (requested_.userxattr && !found_.userxattr)
            add("userxattr", "userxattr", "off");
        if (requested_.default_permissions && !found_.default_permissions)
            add("default_permissions", "default_permissions", "off");
        if (requested_.lowerdir.size() != found_.lowerdir.size())
            add("lowerdir", std::to_string(requested_.lowerdir.size()) + " layers",
                std::to_string(found_.lowerdir.size()) + " layers");
    }

    /// `off` is not a mode of its own: it is follow or nofollow, as redirect_always_follow says.
    void compare_redirect_dir() {
        if (requested_.redirect_dir == redirect_dir_mode::kernel_default)
            return;
        const auto resting = default_of("redirect_always_follow") == toggle::on
                                 ? redirect_dir_mode::follow
                                 : redirect_dir_mode::nofollow;
        const auto resolved = [&](redirect_dir_mode mode) {
            return mode == redirect_dir_mode::off ? resting : mode;
        };
        const auto by_default =
            default_of("redirect_dir") == toggle::on ? redirect_dir_mode::on : resting;
        const auto holds = resolved(or_else(found_.redirect_dir, by_default));
        // Without an upper layer there is nothing to redirect: following is all there is to it.
        const bool same = resolved(requested_.redirect_dir) == holds ||
                          (!requested_.upperdir && holds == redirect_dir_mode::on &&
                           resolved(requested_.redirect_dir) == redirect_dir_mode::follow);
        if (!same)
            add("redirect_dir", spelling(requested_.redirect_dir), spelling(holds));
    }

    const mount_options& requested_;
    const mount_options& found_;
    option_source source_;
    std::vector<option_difference> list_;
};

} // namespace detail

/// What was asked for and is not in force. Options that the kernel never shows, and those in
/// `others`, are not compared; see also `effective_options::source`.
[[nodiscard]] inline std::vector<option_difference>
requested_but_not_effective(const mount_options& requested, const effective_options& found) {
    return detail::option_comparison{requested, found}.differences();
}

} // namespace ovl
