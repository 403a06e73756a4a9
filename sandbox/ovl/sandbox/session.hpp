// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/namespace_refusal.hpp>
#include <ovl/sandbox/level.hpp>
#include <ovl/sandbox/settings.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ovl::sandbox {

/// What a test program knows of its own run. Set by its main before the first test.
struct session {
    settings wanted;
    /// The level this process was re-executed at; none where it runs in place.
    std::optional<level> active;
    /// Why it runs in place although the sandbox was wanted.
    std::optional<namespace_refusal> refusal;
    /// Directories in which the test case that runs now must leave no scratch directory.
    std::vector<std::string> watched_directories;

    /// The program's closing word: `SANDBOX: active level=userns`, `SANDBOX: off`, or
    /// `SANDBOX: UNAVAILABLE stage=uid_map errno=EPERM cause=apparmor fix=...`.
    [[nodiscard]] std::string closing_line() const {
        if (active)
            return "SANDBOX: active level=" + std::string{name(*active)};
        return refusal ? "SANDBOX: UNAVAILABLE " + refusal->line() : "SANDBOX: off";
    }
};

/// The run of this program.
[[nodiscard]] inline session& current_session() {
    static session only;
    return only;
}

/// Has the end of the test case that runs now checked for scratch directories left in `directory`.
inline void watch_directory(std::string directory) {
    current_session().watched_directories.push_back(std::move(directory));
}

} // namespace ovl::sandbox
