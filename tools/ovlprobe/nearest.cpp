// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace ovlprobe {

namespace {

/// How many letters must be put in, taken out or replaced (Levenshtein).
std::size_t distance(std::string_view one, std::string_view other) {
    std::vector<std::size_t> row(other.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= one.size(); ++i) {
        std::size_t diagonal = std::exchange(row[0], i);
        for (std::size_t j = 1; j <= other.size(); ++j) {
            const std::size_t replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
            diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
        }
    }
    return row.back();
}

} // namespace

std::vector<std::string> nearest(std::string_view typed, std::span<const std::string> names) {
    constexpr std::size_t at_most = 3;
    std::vector<std::pair<std::size_t, std::string>> near;
    for (const std::string& name : names) {
        const bool part = typed.size() >= 3 && name.find(typed) != std::string::npos;
        const std::size_t apart = distance(typed, name);
        if (part || apart <= std::max<std::size_t>(2, typed.size() / 3))
            near.emplace_back(part ? 0 : apart, name);
    }
    std::stable_sort(near.begin(), near.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::string> found;
    for (std::size_t i = 0; i < near.size() && i < at_most; ++i)
        found.push_back(std::move(near[i].second));
    return found;
}

std::string suggestion(std::string_view typed, std::span<const std::string> names) {
    const auto found = nearest(typed, names);
    std::string text = found.empty() ? "" : "; did you mean ";
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (i != 0)
            text += i + 1 == found.size() ? " or " : ", ";
        text += found[i];
    }
    return found.empty() ? text : text + "?";
}

} // namespace ovlprobe
