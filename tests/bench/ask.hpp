// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ovl_bench {

/// What is measured, under one set of policies. Each answers whether what was asked could be told.
struct asker {
    bool (*pair)(const std::string& directory);
    /// The system calls of `pair` alone.
    bool (*pair_by_hand)(const std::string& directory);
    /// Every probe that there is.
    bool (*survey)(const std::string& directory);
    /// The keys of the probes, and one of them by its place among these.
    std::vector<std::string> (*keys)();
    bool (*single)(const std::string& directory, std::size_t which);
};

extern const asker as_rootful;
extern const asker as_rootless;

} // namespace ovl_bench
