// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace ovl::sandbox {

/// How a process ended.
enum class ending : std::uint8_t { exited, signalled, timed_out };

/// The end of a child process, as a value.
struct outcome {
    ending how = ending::exited;
    /// The exit status, or the number of the signal; SIGKILL where the time limit was reached.
    int number = 0;
    /// What it wrote to its standard output and standard error, up to the limit that was set.
    std::string output;
    std::string errors;
    /// More was written than was kept.
    bool truncated = false;
    std::chrono::milliseconds elapsed{0};

    [[nodiscard]] bool exited_with(int status) const noexcept {
        return how == ending::exited && number == status;
    }
    [[nodiscard]] bool killed_by(int signal) const noexcept {
        return how == ending::signalled && number == signal;
    }
    /// `exit status 3`, `signal 11`, `time limit reached after 2000 ms`.
    [[nodiscard]] std::string describe() const {
        switch (how) {
        case ending::exited:
            return "exit status " + std::to_string(number);
        case ending::signalled:
            return "signal " + std::to_string(number);
        case ending::timed_out:
            return "time limit reached after " + std::to_string(elapsed.count()) + " ms";
        }
        return {};
    }
};

} // namespace ovl::sandbox
