// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/gated_fs.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ovl_test {

/// One operation, in the concept's spelling, and what it was made on.
struct recorded_call {
    std::string_view operation;
    std::string name;

    friend bool operator==(const recorded_call&, const recorded_call&) = default;
};

using call_log = std::vector<recorded_call>;

[[nodiscard]] inline std::ptrdiff_t count(const call_log& log, std::string_view operation) {
    return std::count_if(log.begin(), log.end(),
                         [&](const recorded_call& made) { return made.operation == operation; });
}

/// Notes every operation in a log that outlives the policies; with no log, none.
struct recorder {
    call_log* log = nullptr;

    [[nodiscard]] std::optional<int> operator()(std::string_view operation,
                                                const char* name) const {
        if (log != nullptr)
            log->push_back({operation, name});
        return std::nullopt;
    }
};

template <ovl::filesystem_operations Base = ovl::posix_fs>
using recording_fs = gated_fs<Base, recorder>;

static_assert(ovl::filesystem_operations<recording_fs<>>);
static_assert(std::is_copy_constructible_v<recording_fs<>>);

} // namespace ovl_test
