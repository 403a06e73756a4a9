// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Mounts with userxattr, whatever the policies say, and replaces a lower directory, which takes a mark in the
/// user class: a filesystem that carries none (tmpfs before Linux 6.6) mounts all the same, and then fails with EIO.
struct userxattr_mount {
    static constexpr capability asks = capability::userxattr;
    static constexpr std::array tree{
        tree_entry{.where = layer_name::lower1, .path = "d", .mode = S_IFDIR | 0755},
    };
    static constexpr bool without_class = true;
    [[nodiscard]] static mount_options options() { return {.userxattr = true}; }

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        auto removed = view.remove_directory("d");
        auto replaced = removed.has_value() ? view.make_directory("d", 0755) : std::move(removed);
        if (replaced.has_value())
            return view.yes(reason::option_works);
        return replaced.error().error_number == EIO
                   ? view.no(reason::lower_directory_not_replaced, std::move(replaced.error()))
                   : view.could_not(std::move(replaced.error()));
    }
};

/// Whether an overlay mounted with userxattr works in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_userxattr(const directory& where,
                                             const mount_options& extra = {}, const P& set = {}) {
    return run<P, userxattr_mount>(where, extra, set).front();
}

} // namespace ovl
