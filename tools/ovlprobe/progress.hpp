// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <chrono>
#include <string>

namespace ovlprobe {

/// One line on standard error, where that is a terminal, while an answer is long in coming.
class progress {
  public:
    /// Says what is waited for, and how long it has taken.
    void show(const std::string& directory, std::chrono::milliseconds spent);
    /// Takes the line away.
    void clear();

  private:
    long shown_tenths_ = -1;
};

} // namespace ovlprobe
