// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/reason_rows.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace ovl {

struct reason_text {
    reason code{};
    /// The stable kebab-case name.
    std::string_view name;
    /// One sentence for people, without a full stop.
    std::string_view sentence;
    /// What to do about it; empty where nothing is known.
    std::string_view fix;
};

/// What is said of a reason.
[[nodiscard]] constexpr reason_text describe(reason code) noexcept {
    const detail::reason_row& row = detail::reason_rows[static_cast<std::size_t>(code)];
    return {.code = row.code, .name = row.name, .sentence = row.sentence, .fix = row.fix};
}

/// What is said of all, in the order of the enumeration.
[[nodiscard]] constexpr auto reason_texts() noexcept {
    std::array<reason_text, detail::reason_rows.size()> texts{};
    for (std::size_t i = 0; i < texts.size(); ++i)
        texts[i] = describe(static_cast<reason>(i));
    return texts;
}

} // namespace ovl
