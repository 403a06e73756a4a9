// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/classic_mount.hpp>
#include <ovl/mount/fallback_mount.hpp>
#include <ovl/mount/fsopen_mount.hpp>
#include <ovl/policy/policy_set.hpp>
#include <ovl/policy/posix_fs.hpp>
#include <ovl/policy/xattr_namespace.hpp>

namespace ovl {

/// Detached mounts, and mount(2) on a kernel that has no fsopen(2).
using best_mount = fallback_mount<fsopen_mount, classic_mount>;

/// For a runtime with CAP_SYS_ADMIN in the initial user namespace.
using rootful = policy_set<trusted_xattr, best_mount, posix_fs>;

/// For a runtime inside a user namespace.
using rootless = policy_set<user_xattr, best_mount, posix_fs>;

/// What every entry point takes where no policies are named. Programs choose by defining
/// OVL_ROOTLESS (CMake: link ovl::rootless).
#ifdef OVL_ROOTLESS
using default_policies = rootless;
#else
using default_policies = rootful;
#endif

} // namespace ovl
