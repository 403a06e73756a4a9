// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "arguments.hpp"
#include "mode.hpp"
#include "outcome.hpp"

namespace ovlprobe {

/// Asks about every DIR in a process of its own, which is given up where a DIR does not answer
/// within the time limit, and started anew for the next. Shows on a terminal what it waits for.
[[nodiscard]] findings supervise(const arguments& wanted, const mode& as);

} // namespace ovlprobe
