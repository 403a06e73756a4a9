// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ovl_bench {

/// The system calls that something makes, as they can be made again: the floor below which it cannot cost.
class recording {
  public:
    /// Traces `act` in a child, after it has been done there once. None where it starts a thread or a process, whose
    /// calls are not in one order, or makes a call whose arguments are not known here; or where it cannot be traced.
    [[nodiscard]] static std::optional<recording> of(const std::function<void()>& act);

    /// Makes the calls, in a process whose descriptors are as they were when it was recorded: those that the calls
    /// open get the same numbers again.
    void replay() const;

    [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }

  private:
    struct call {
        long number;
        std::array<unsigned long, 6> arguments;
    };

    [[nodiscard]] bool add(int child, long number, const unsigned long* arguments);

    std::vector<call> calls_;
    /// What the arguments point to; where the kernel writes, room for it.
    std::deque<std::string> memory_;
};

} // namespace ovl_bench
