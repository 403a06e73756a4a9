// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/backing_filesystem.hpp>
#include <ovl/probe/verdict.hpp>

#include <optional>
#include <string_view>
#include <vector>

namespace ovl {

/// What a run found out besides the answers.
struct run_facts {
    std::optional<backing_filesystem> filesystem{};
    /// The backend that mounted; empty where nothing was mounted.
    std::string_view backend{};
    /// What lies in the directory although it should not, for somebody to look at: what this run could not remove, and
    /// what an earlier one left and this one could not sweep. The subject is the path below the directory.
    std::vector<failure> left_behind{};
};

/// Hears every verdict before the next mount is made, those that share a mount together: for a program that may have
/// to go on without the rest. Called on the thread that probes, which is not always the caller's.
struct verdict_listener {
    void (*hear)(void* context, const verdict& found) = nullptr;
    void* context = nullptr;
};

/// How a run goes about it.
struct run_settings {
    /// Probes a filesystem on which probing has panicked kernels.
    bool force = false;
    /// Mounts nothing and writes nothing: what would need it is `unknown`.
    bool no_mount = false;
    verdict_listener listener{};
};

} // namespace ovl
