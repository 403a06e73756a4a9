// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Mounts without userxattr, and replaces a lower directory: that takes an opaque mark, and fails
/// with EIO where the trusted class is out of reach. The mount alone proves nothing: it succeeds
/// either way.
struct userxattr_needed {
    static constexpr capability asks = capability::userxattr_needed;
    static constexpr std::array tree{
        tree_entry{layer_name::lower1, "d", S_IFDIR | 0755},
    };
    static constexpr bool without_class = true;

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        if (auto removed = view.remove_directory("d"); !removed.has_value())
            return removed.error().error_number == EIO ? crippled(view, std::move(removed.error()))
                                                       : view.could_not(std::move(removed.error()));
        auto made = view.make_directory("d", 0755);
        if (made.has_value())
            return view.no(reason::works_without_userxattr);
        return made.error().error_number == EIO ? crippled(view, std::move(made.error()))
                                                : view.could_not(std::move(made.error()));
    }

    /// Refused without userxattr: needed, if it is not refused with it.
    [[nodiscard]] static verdict refused(failure what, bool works_with_userxattr,
                                         const backing_filesystem& filesystem) {
        if (works_with_userxattr)
            return give(asks, answer::yes, reason::refused_without_userxattr, std::move(what));
        const auto inside = running_in_user_namespace();
        const bool denied = what.error_number == EACCES;
        if (denied || rules_out_writable_mounts(reason_of(what, filesystem)) ||
            !inside.has_value() || !inside.value())
            return could_not(asks, std::move(what), filesystem);
        return give(asks, answer::unknown, reason::userxattr_unsupported, std::move(what));
    }

  private:
    /// EIO alone may be the disk's. What an attribute of each class meets tells: EPERM where the
    /// trusted class is out of reach, ENOTSUP where the filesystem does not have it.
    template <policies P>
    [[nodiscard]] static verdict crippled(const merged_view<P>& view, failure what) {
        const int trusted_error = error_of_setting(view, "trusted.ovl-probe");
        const int user_error = error_of_setting(view, "user.ovl-probe");
        if (trusted_error == ENOTSUP && user_error == ENOTSUP)
            return view.could_not({.where = step::build_layers,
                                   .call = "lsetxattr",
                                   .error_number = ENOTSUP,
                                   .subject = "trusted.*"});
        if (trusted_error != EPERM)
            return view.could_not(std::move(what));
        if (user_error == ENOTSUP)
            return view.yes(reason::needed_but_no_user_xattrs, failure{.where = step::observe,
                                                                       .call = "lsetxattr",
                                                                       .error_number = ENOTSUP,
                                                                       .subject = "user.*"});
        return view.yes(reason::crippled_without_userxattr, std::move(what));
    }

    template <policies P>
    [[nodiscard]] static int error_of_setting(const merged_view<P>& view, const char* attribute) {
        const auto set = view.set().fs.set_xattr(
            view.scratch(), layer_path(layer_name::lower1, view.home(), "d").c_str(), attribute,
            "y");
        return set.has_value() ? 0 : set.error().error_number;
    }
};

/// Whether an overlay in `where` must be mounted with userxattr. Does not depend on the policies'
/// attribute class. Needs CAP_SYS_ADMIN over the mount namespace, and write permission in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict needs_userxattr(const directory& where, const P& set = {}) {
    return run<P, userxattr_needed>(where, {}, set).front();
}

} // namespace ovl
