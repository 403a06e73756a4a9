// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/escape.hpp>

#include <string>
#include <sys/mount.h>

namespace ovl {

/// Mounts an empty tmpfs on a directory below `at`; it can hold 1 MiB. For a thread in a private mount namespace
/// (in_private_mount_namespace), with which it ends. Needs CAP_SYS_ADMIN there, and /proc. Fails with the errno of mount(2).
[[nodiscard]] inline result<void> mount_tmpfs(int at, std::string_view path) {
    std::string target;
    append_layer(target, {.at = at, .path = path}, mount_interface::fsconfig, layer_role::appended);
    if (::mount("tmpfs", target.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0755") != 0)
        return fail(last_failure("mount").at(step::mount).on("tmpfs"));
    return {};
}

} // namespace ovl
