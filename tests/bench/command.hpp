// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <string>
#include <vector>

namespace ovl_bench {

/// How a command went.
struct outcome {
    /// As a shell would have it; 127 where it could not be started.
    int status = 127;
    /// What it wrote to standard output.
    std::string output{};
    double wall_ns = 0;
    /// The largest resident set of any of its processes; but never below the caller's own.
    long peak_kib = 0;

    [[nodiscard]] bool succeeded() const noexcept { return status == 0; }
};

/// Runs a command, found in PATH, to its end; its standard error is the caller's, or nowhere where it is `quiet`.
[[nodiscard]] outcome run_command(const std::vector<std::string>& command, bool quiet = false);

} // namespace ovl_bench
