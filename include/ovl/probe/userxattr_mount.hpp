// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/replace_directory.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Mounts with userxattr, whatever the policies say, and replaces a lower directory, which takes a mark in the
/// user class: a filesystem that carries none (tmpfs before Linux 6.6) mounts all the same, and then fails with EIO.
struct userxattr_mount {
    static constexpr capability asks = capability::userxattr;
    static constexpr std::array tree{detail::directory_to_replace};
    static constexpr bool without_class = true;
    [[nodiscard]] static mount_options options() { return {.userxattr = true}; }

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        // Any user.* name tells what the filesystem carries; overlayfs's own would be a string of the other mode.
        return detail::replace_directory(view, "user.ovl-probe", reason::option_works);
    }

    /// Where the kernel permits no overlay at all in a user namespace (before Linux 5.11) it permits none with
    /// userxattr, which is all that is asked.
    [[nodiscard]] static verdict refused(failure what, bool control,
                                         const backing_filesystem& filesystem) {
        if (what.where != step::mount)
            return could_not(asks, std::move(what), filesystem);
        if (control)
            return give(asks, answer::no, reason::option_refused, std::move(what));
        if (what.error_number != EPERM)
            return could_not(asks, std::move(what), filesystem);
        const reason because = reason_of(what, filesystem);
        return give(asks, answer::no, because, std::move(what));
    }
};

/// Whether an overlay mounted with userxattr works in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_userxattr(const directory& where,
                                             const mount_options& extra = {}, const P& set = {}) {
    return run<P, userxattr_mount>(where, extra, set).front();
}

} // namespace ovl
