// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

/// Tests that need root, without root: a program that executes itself again in namespaces of its
/// own, and children whose ends are values.
///
/// - Any program: `ovl::sandbox::enter(level, argv)` first thing in main (reexec.hpp).
/// - A Boost.Test program: <ovl/sandbox/boost_test_main.hpp> has a main, and
///   <ovl/sandbox/preconditions.hpp> what test cases may need; neither is included here.
/// - `run_in_child` and `run_command` (child.hpp): a function or a command with a time limit.
/// - `deny_new_mount_calls` (old_kernel.hpp): a new kernel without its new mount calls.
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/id_range.hpp>
#include <ovl/sandbox/leftovers.hpp>
#include <ovl/sandbox/level.hpp>
#include <ovl/sandbox/marker.hpp>
#include <ovl/sandbox/old_kernel.hpp>
#include <ovl/sandbox/outcome.hpp>
#include <ovl/sandbox/reexec.hpp>
#include <ovl/sandbox/session.hpp>
#include <ovl/sandbox/settings.hpp>
#include <ovl/sandbox/time_limit.hpp>
