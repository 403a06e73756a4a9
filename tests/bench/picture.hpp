// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <string>
#include <vector>

namespace ovl_bench {

/// One horizontal bar: microseconds on a logarithmic axis.
struct bar {
    std::string name;
    double microseconds = 0;
    bool ours = false;
};

struct group {
    std::string title;
    std::vector<bar> bars{};
};

/// An SVG picture of the groups, one below the other.
[[nodiscard]] std::string draw(const std::vector<group>& groups);

} // namespace ovl_bench
