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
        const reason because = reason_of(what, filesystem);
        return rules_out_writable_mounts(because)
                   ? could_not(asks, std::move(what), filesystem)
                   : give(asks, answer::unknown, reason::userxattr_unsupported, std::move(what));
    }

  private:
    /// Outside a user namespace the trusted class is in reach, so that the filesystem is to blame.
    template <policies P>
    [[nodiscard]] static verdict crippled(const merged_view<P>& view, failure what) {
        const auto carried = view.set().fs.set_xattr(
            view.scratch(), layer_path(layer_name::lower1, view.home(), "").c_str(),
            "user.ovl-probe", "y");
        if (carried.has_value() || carried.error().error_number != ENOTSUP)
            return view.yes(reason::crippled_without_userxattr, std::move(what));
        const auto inside = running_in_user_namespace();
        if (inside.has_value() && !inside.value())
            return view.could_not(failure{carried.error()}.at(step::build_layers).on("user.*"));
        return view.yes(reason::needed_but_no_user_xattrs, failure{carried.error()}.on("user.*"));
    }
};

/// Whether an overlay in `where` must be mounted with userxattr. Does not depend on the policies'
/// attribute class. Needs CAP_SYS_ADMIN over the mount namespace, and write permission in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict needs_userxattr(const directory& where, const P& set = {}) {
    return run<P, userxattr_needed>(where, {}, set).front();
}

} // namespace ovl
