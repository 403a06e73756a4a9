// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/mount/private_namespace.hpp>

#include <fcntl.h>
#include <sys/mount.h>
#include <utility>

namespace ovl {

namespace detail {

/// Mounts a tmpfs over the root directory and opens it. What is open or looked up by an absolute
/// path stays what it was, since only `/..` leads through the new mount: no directory is needed to
/// mount on, and none is hidden.
[[nodiscard]] inline result<unique_fd> mount_tmpfs_over_root() {
    if (::mount("tmpfs", "/", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0)
        return fail(last_failure("mount").at(step::enter_namespace).on("tmpfs"));
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
