// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/sandbox/level.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fnmatch.h>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <tl/expected.hpp>
#include <vector>

namespace ovl::sandbox {

/// What happens where the sandbox is not to be had. OVL_SANDBOX spells it `auto`, `require`, `off`.
enum class policy : std::uint8_t {
    /// Enter it; where it is refused run in place, skip by name what needs it, and say why.
    automatic,
    /// As automatic, and a refusal or a skip is a failure.
    require,
    /// Run in place.
    off,
};

/// How a test program is to be run, out of its environment.
struct settings {
    /// OVL_SANDBOX, default `auto`.
    policy wanted = policy::automatic;
    /// OVL_SANDBOX_LEVEL, default `default_level()`.
    std::optional<sandbox::level> level;
    /// OVL_SANDBOX_TIME_LIMIT, in whole seconds, for each test case.
    std::chrono::seconds time_limit{60};
    /// OVL_EXPECTED_SKIPS: names or globs of test cases that may be skipped under `require`,
    /// separated by commas. `*` matches a `/` as well.
    std::vector<std::string> expected_skips;

    [[nodiscard]] bool expects_skip_of(const std::string& test_case) const {
        return std::any_of(expected_skips.begin(), expected_skips.end(), [&](const auto& pattern) {
            return ::fnmatch(pattern.c_str(), test_case.c_str(), 0) == 0;
        });
    }
};

namespace detail {

[[nodiscard]] inline std::string bad_value(std::string_view variable, std::string_view value,
                                           std::string_view right) {
    return std::string{variable} + "='" + std::string{value} + "': must be " + std::string{right};
}

[[nodiscard]] inline std::vector<std::string> split_at_commas(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::string_view part = text.substr(0, text.find(','));
        if (!part.empty())
            parts.emplace_back(part);
        text.remove_prefix(std::min(part.size() + 1, text.size()));
    }
    return parts;
}

[[nodiscard]] inline std::string all_level_names() {
    std::string names;
    for (const std::string_view each : level_names)
        names += (names.empty() ? "one of " : ", ") + std::string{each};
    return names;
}

} // namespace detail

/// Settings out of variables, looked up by a function as getenv is one; else one line that names
/// the variable, its value and what would be right. An empty value counts as none.
template <class Lookup>
[[nodiscard]] tl::expected<settings, std::string> read_settings(Lookup lookup) {
    const auto value_of = [&](const char* variable) {
        const char* const value = lookup(variable);
        return std::string_view{value != nullptr ? value : ""};
    };
    settings read;
    if (const auto text = value_of("OVL_SANDBOX"); text == "require")
        read.wanted = policy::require;
    else if (text == "off")
        read.wanted = policy::off;
    else if (!text.empty() && text != "auto")
        return tl::unexpected{detail::bad_value("OVL_SANDBOX", text, "auto, require or off")};
    if (const auto text = value_of("OVL_SANDBOX_LEVEL"); !text.empty()) {
        read.level = level_named(text);
        if (!read.level)
            return tl::unexpected{
                detail::bad_value("OVL_SANDBOX_LEVEL", text, detail::all_level_names())};
    }
    if (const auto text = value_of("OVL_SANDBOX_TIME_LIMIT"); !text.empty()) {
        unsigned seconds = 0;
        const char* const end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, seconds);
        if (parsed.ec != std::errc{} || parsed.ptr != end || seconds == 0 || seconds > 86'400)
            return tl::unexpected{detail::bad_value("OVL_SANDBOX_TIME_LIMIT", text,
                                                    "a number of seconds from 1 to 86400")};
        read.time_limit = std::chrono::seconds{seconds};
    }
    read.expected_skips = detail::split_at_commas(value_of("OVL_EXPECTED_SKIPS"));
    return read;
}

/// Settings out of the environment.
[[nodiscard]] inline tl::expected<settings, std::string> read_settings() {
    return read_settings([](const char* variable) { return std::getenv(variable); });
}

} // namespace ovl::sandbox
