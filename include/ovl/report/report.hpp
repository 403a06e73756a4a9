// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/backing_filesystem.hpp>
#include <ovl/probe/verdict.hpp>

#include <cstdint>
#include <optional>
#include <range/v3/algorithm/find.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ovl {

/// The answers about one directory, as a value.
struct report {
    /// As it was named: a path, or `descriptor 7`.
    std::string directory{};
    /// None where the directory could not be opened or did not tell.
    std::optional<backing_filesystem> filesystem{};
    /// The backend that mounted; empty where nothing was mounted. Static storage.
    std::string_view backend{};
    std::int64_t elapsed_microseconds = 0;
    /// In the order in which they were asked for.
    std::vector<verdict> verdicts{};
    /// What could not be removed from the directory, this time or from an earlier run that was killed: a warning for
    /// people. The subject is the path below the directory.
    std::vector<failure> left_behind{};

    /// The verdict on `which`; null where it was not asked.
    [[nodiscard]] const verdict* find(capability which) const noexcept {
        const auto found = ranges::find(verdicts, which, &verdict::asked);
        return found == verdicts.end() ? nullptr : &*found;
    }

    /// Whether `which` was asked and answered so.
    [[nodiscard]] bool says(capability which, answer expected) const noexcept {
        const verdict* const found = find(which);
        return found != nullptr && *found == expected;
    }
};

} // namespace ovl
