// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/gated_fs.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ovl_test {

/// Which operation is to fail, and how. Outlives the policies, and counts what they do.
struct fault {
    int error_number = 0;
    /// Fails the n-th operation from 1 on, of those that match; 0: every one that does.
    int at = 1;
    /// In the concept's spelling; empty for any.
    std::string_view operation{};
    /// How many have matched so far.
    int matched = 0;
    /// Every operation that matched and what it was made on, where somebody wants to know.
    std::vector<std::string>* seen = nullptr;
    /// Gives directory listings a few entries at a time; for short_reading_fs.
    bool short_reads = false;
};

struct fault_gate {
    fault* injected = nullptr;

    [[nodiscard]] std::optional<int> operator()(std::string_view operation,
                                                const char* name) const {
        if (injected == nullptr ||
            (!injected->operation.empty() && injected->operation != operation))
            return std::nullopt;
        ++injected->matched;
        if (injected->seen != nullptr)
            injected->seen->push_back(std::string{operation} + " " + name);
        if (injected->at != 0 && injected->matched != injected->at)
            return std::nullopt;
        return injected->error_number;
    }
};

template <ovl::filesystem_operations Base = ovl::posix_fs>
using faulty_fs = gated_fs<Base, fault_gate>;

static_assert(ovl::filesystem_operations<faulty_fs<>>);
static_assert(std::is_copy_constructible_v<faulty_fs<>>);

} // namespace ovl_test
