// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/detail/kernel_calls.hpp>
#include <ovl/detail/monotonic_clock.hpp>
#include <ovl/detail/mount_identity.hpp>
#include <ovl/mount/mount_attributes.hpp>
#include <ovl/mount/owned_mount.hpp>

#include <cstdint>
#include <string>
#include <sys/mount.h>

namespace ovl {

/// What happens to mounts that are made later below a mount: mount_namespaces(7).
enum class propagation : unsigned long {
    shared = MS_SHARED,
    slave = MS_SLAVE,
    private_ = MS_PRIVATE,
    unbindable = MS_UNBINDABLE,
};

/// How a mount is ended.
struct unmounting {
    /// Detach a busy mount: it is out of the mount tree at once, and ends with its last user.
    bool detach_if_busy = false;
    /// For how long to try again while it is busy.
    std::int64_t retry_milliseconds = 0;
};

namespace detail {

[[nodiscard]] inline unsigned attribute_bits(const mount_attributes& wanted) noexcept {
    unsigned bits = 0;
    const auto add = [&](bool set, unsigned bit) { bits |= set ? bit : 0; };
    add(wanted.read_only, mount_attribute_read_only);
    add(wanted.nosuid, mount_attribute_nosuid);
    add(wanted.nodev, mount_attribute_nodev);
    add(wanted.noexec, mount_attribute_noexec);
    add(wanted.nosymfollow, mount_attribute_nosymfollow);
    add(wanted.nodiratime, mount_attribute_nodiratime);
    add(wanted.atime == atime_mode::noatime, mount_attribute_noatime);
    add(wanted.atime == atime_mode::strictatime, mount_attribute_strictatime);
    return bits;
}

[[nodiscard]] inline result<void> set_attributes(int root, const mount_attr& attributes) {
    if (mount_setattr(root, "", at_empty_path, attributes) != 0)
        return fail(last_failure("mount_setattr").at(step::mount));
    return {};
}

/// The path that a descriptor is known by now.
[[nodiscard]] inline result<std::string> path_of(int fd) {
    char path[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t length = ::readlink(link.c_str(), path, sizeof path);
    if (length < 0)
        return fail(last_failure("readlink").on(link));
    if (length == sizeof path)
        return fail({.call = "readlink", .error_number = ENAMETOOLONG, .subject = link});
    return std::string{path, static_cast<std::size_t>(length)};
}

/// The path of an attached mount, verified to lead to it.
[[nodiscard]] inline result<std::string> path_of_mount(int root) {
    auto path = path_of(root);
    if (!path.has_value())
        return path;
    const auto own = mount_id(root);
    const auto there =
        mount_id(AT_FDCWD, path.value().c_str(), statx_mount_id, AT_SYMLINK_NOFOLLOW);
    if (there == own)
        return path;
    if (!there.has_value() || !own.has_value())
        return fail(last_failure("statx").at(step::unmount).on(path.value()));
    return fail({.where = step::unmount,
                 .call = "umount2",
                 .error_number = ESTALE,
                 .subject = path.value(),
                 .explanation = "another mount lies there by now, or it is out of reach"});
}

} // namespace detail

/// Sets a mount's attributes, all of them, through its root: mount_setattr(2), Linux 5.12. What is
/// locked in a user namespace (nosuid and its kin of a mount that came from outside) is EPERM.
[[nodiscard]] inline result<void> set_attributes(int root, const mount_attributes& wanted) {
    constexpr unsigned all = detail::mount_attribute_read_only | detail::mount_attribute_nosuid |
                             detail::mount_attribute_nodev | detail::mount_attribute_noexec |
                             detail::mount_attribute_nosymfollow |
                             detail::mount_attribute_nodiratime |
                             detail::mount_attribute_atime_mask;
    return detail::set_attributes(root, {.attr_set = detail::attribute_bits(wanted),
                                         .attr_clr = all,
                                         .propagation = 0,
                                         .userns_fd = 0});
}

/// Sets what happens to mounts made later below a mount: mount_setattr(2).
[[nodiscard]] inline result<void> set_propagation(int root, propagation wanted) {
    return detail::set_attributes(root, {.attr_set = 0,
                                         .attr_clr = 0,
                                         .propagation = static_cast<unsigned long>(wanted),
                                         .userns_fd = 0});
}

/// Puts a detached mount into the mount tree, or moves an attached one: move_mount(2). EINVAL where
/// the place, or an attached mount's own, propagates.
[[nodiscard]] inline result<void> attach(owned_mount& mount, const directory& where) {
    const auto point = where.open();
    if (!point.has_value())
        return fail(point.error());
    if (detail::move_mount(mount.root(), "", point.value().get(), "",
                           detail::move_mount_from_empty_path | detail::move_mount_to_empty_path) !=
        0)
        return fail(last_failure("move_mount").at(step::mount).on(where.name()));
    mount.set_attached();
    return {};
}

namespace detail {

/// umount2(2) as asked; returns its errno.
[[nodiscard]] inline int unmount_path(const char* path, const unmounting& how) noexcept {
    const auto call = [path](int flags) {
        return ::umount2(path, UMOUNT_NOFOLLOW | flags) == 0 ? 0 : errno;
    };
    const std::int64_t deadline = monotonic_microseconds() + how.retry_milliseconds * 1000;
    int error = call(0);
    while (error == EBUSY && monotonic_microseconds() < deadline) {
        const timespec pause{.tv_sec = 0, .tv_nsec = 5'000'000};
        ::nanosleep(&pause, nullptr);
        error = call(0);
    }
    return error == EBUSY && how.detach_if_busy ? call(MNT_DETACH) : error;
}

} // namespace detail

/// Ends an attached mount as asked. Fails with EBUSY where it is in use, and is then still owned;
/// who uses it is told by mount_holders. A mount that is attached nowhere ends with its descriptor.
[[nodiscard]] inline result<void> unmount(owned_mount& mount, const unmounting& how = {}) {
    if (!mount.attached())
        return mount.unmount();
    const auto path = detail::path_of_mount(mount.root());
    if (!path.has_value())
        return fail(path.error());
    const char* const name = path.value().c_str();
    mounted held = mount.take();
    // The descriptor is itself a use of the mount.
    held.root.reset();
    const int error = detail::unmount_path(name, how);
    if (error == 0)
        return {};
    held.root.reset(::open(name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    mount = owned_mount{std::move(held)};
    return fail({.where = step::unmount,
                 .call = "umount2",
                 .error_number = error,
                 .subject = path.value(),
                 .explanation = error == EBUSY ? "in use; mount_holders tells by whom" : ""});
}

} // namespace ovl
