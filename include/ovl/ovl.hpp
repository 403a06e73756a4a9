// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/core/failure.hpp>
#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/environment/backing_filesystem.hpp>
#include <ovl/environment/kernel.hpp>
#include <ovl/environment/user_namespace.hpp>
#include <ovl/mount/idmapped_layer.hpp>
#include <ovl/mount/mount_holders.hpp>
#include <ovl/mount/mount_options.hpp>
#include <ovl/mount/oci_whiteout.hpp>
#include <ovl/mount/option_print.hpp>
#include <ovl/mount/option_string.hpp>
#include <ovl/mount/overlay_mount.hpp>
#include <ovl/mount/owned_mount.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/all_probes.hpp>
#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/native_diff.hpp>
#include <ovl/probe/run.hpp>
#include <ovl/probe/userxattr_needed.hpp>
#include <ovl/report/recommend.hpp>
#include <ovl/report/report.hpp>
#include <ovl/report/survey.hpp>
#include <ovl/with_detected.hpp>
