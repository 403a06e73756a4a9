// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ovlprobe {

/// The names that `typed` may have been meant for, the nearest first; at most three.
[[nodiscard]] std::vector<std::string> nearest(std::string_view typed,
                                               std::span<const std::string> names);

/// `; did you mean a, b or c?`, or nothing where no name is near.
[[nodiscard]] std::string suggestion(std::string_view typed, std::span<const std::string> names);

} // namespace ovlprobe
