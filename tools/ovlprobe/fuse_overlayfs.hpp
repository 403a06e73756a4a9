// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/probe/verdict.hpp>

namespace ovlprobe {

/// Whether fuse-overlayfs is installed in one of its usual places, mounts in `where` and copies a
/// file up there. Needs CAP_SYS_ADMIN over the mount namespace; starts the program, and leaves
/// neither it nor its mount nor a directory behind.
[[nodiscard]] ovl::verdict try_fuse_overlayfs(const ovl::directory& where);

} // namespace ovlprobe
