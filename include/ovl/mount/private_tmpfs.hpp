// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/mount/escape.hpp>
#include <ovl/mount/private_namespace.hpp>

#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <utility>

namespace ovl {

/// Mounts an empty tmpfs, of 1 MiB at most, on a directory below `at`. For a thread in a private mount namespace, with
/// which it ends. Needs CAP_SYS_ADMIN there, and /proc where `at` is a descriptor. Fails with the errno of mount(2).
[[nodiscard]] inline result<void> mount_tmpfs(int at, std::string_view path) {
    std::string target;
    append_layer(target, {.at = at, .path = path}, mount_interface::fsconfig, layer_role::appended);
    if (::mount("tmpfs", target.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0755") != 0)
        return fail(last_failure("mount").at(step::mount).on("tmpfs"));
    return {};
}

namespace detail {

/// Mounts a tmpfs over the root directory and opens it. What is open or looked up by an absolute
/// path stays what it was, since only `/..` leads through the new mount: no directory is needed to
/// mount on, and none is hidden.
[[nodiscard]] inline result<unique_fd> mount_tmpfs_over_root() {
    if (auto mounted = mount_tmpfs(AT_FDCWD, "/"); !mounted.has_value())
        return fail(std::move(mounted.error()).at(step::enter_namespace));
    unique_fd opened{
        retry([] { return ::open("/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW); })};
    if (!opened)
        return fail(last_failure("open").at(step::enter_namespace).on("/.."));
    return opened;
}

} // namespace detail

/// Runs `work(fd)` on a thread of its own in a private mount namespace, given an empty tmpfs that
/// is in that namespace alone, and so can hold every layer of an overlay on any kernel (before 6.15
/// a layer must be in a mount of the caller's namespace). Nothing of it outlives the call. Needs
/// CAP_SYS_ADMIN. Fails, without running `work`, as in_private_mount_namespace does, or with the
/// errno of mount(2).
template <class Work>
[[nodiscard]] result<void> in_private_tmpfs(Work work) {
    result<void> outcome;
    auto entered = in_private_mount_namespace([&] {
        auto tmpfs = detail::mount_tmpfs_over_root();
        if (!tmpfs.has_value())
            outcome = fail(std::move(tmpfs.error()));
        else
            work(tmpfs.value().get());
    });
    return entered.has_value() ? std::move(outcome) : std::move(entered);
}

} // namespace ovl
