// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/detail/kernel_calls.hpp>
#include <ovl/detail/mount_identity.hpp>

#include <cerrno>
#include <utility>

namespace ovl {

namespace detail {

[[nodiscard]] inline tl::unexpected<failure> not_idmapped(failure failed, const directory& where) {
    failed.where = step::build_layers;
    failed.subject = where.name();
    switch (failed.error_number) {
    case ENOSYS:
        failed.explanation = "this kernel has no idmapped mounts: they come with Linux 5.12";
        break;
    case EPERM:
        failed.explanation = "needs CAP_SYS_ADMIN in the user namespace that owns the filesystem, "
                             "and a map that is not that namespace's own";
        break;
    case EINVAL:
        failed.explanation = "this filesystem, or this kernel's version of it, cannot be idmapped";
        break;
    default:
        break;
    }
    return fail(std::move(failed));
}

} // namespace detail

/// A copy of the mount below `where`, detached, that shows owners mapped as the user namespace open
/// as `user_namespace` (/proc/PID/ns/user) maps them: to be given as a layer by its descriptor,
/// `layer_source::of(fd)` (Linux 5.19 for overlay's layers; by descriptor from 6.13). An overlay
/// itself cannot be idmapped, its layers can.
///
/// Needs CAP_SYS_ADMIN in the user namespace that owns the filesystem: inside one it is EPERM for
/// ext4 mounted outside, and allowed for a tmpfs mounted there. EINVAL where the filesystem cannot
/// be idmapped; ENOSYS before Linux 5.12.
[[nodiscard]] inline result<unique_fd> idmapped_layer(const directory& where, int user_namespace) {
    const auto opened = where.open();
    if (!opened.has_value())
        return fail(opened.error());
    unique_fd copy{detail::open_tree(opened.value().get(), "",
                                     detail::open_tree_clone | detail::open_tree_cloexec |
                                         detail::at_empty_path)};
    if (!copy)
        return detail::not_idmapped(last_failure("open_tree"), where);
    const detail::mount_attr attributes{.attr_set = detail::mount_attr_idmap,
                                        .attr_clr = 0,
                                        .propagation = 0,
                                        .userns_fd = static_cast<std::uint64_t>(user_namespace)};
    if (detail::mount_setattr(copy.get(), "", detail::at_empty_path, attributes) == 0)
        return copy;
    return detail::not_idmapped(last_failure("mount_setattr"), where);
}

} // namespace ovl
