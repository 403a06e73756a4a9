// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// /proc/self/uid_map and /proc/self/status. A map is also read by other means, and must map the same ids.

#include "expect.hpp"

#include <ovl/environment/namespace_facts.hpp>

#include <array>
#include <sstream>

using ovl_fuzz::expect;

namespace {

/// As the kernel writes it: nothing but lines of three decimal numbers of 32 bits, none of them an empty range.
std::optional<std::vector<std::array<std::uint64_t, 3>>> ranges_of(const std::string& map) {
    std::vector<std::array<std::uint64_t, 3>> ranges;
    std::istringstream lines{map};
    for (std::string line; std::getline(lines, line);) {
        if (line.empty() || line.find_first_not_of("0123456789 ") != std::string::npos)
            return std::nullopt;
        std::istringstream numbers{line};
        std::array<std::uint64_t, 3> range{};
        std::string more;
        if (!(numbers >> range[0] >> range[1] >> range[2]) || numbers >> more || range[2] == 0)
            return std::nullopt;
        ranges.push_back(range);
    }
    return ranges;
}

void check_map(std::string_view text) {
    const std::string tidy = ovl::detail::single_blanks(text);
    expect(ovl::detail::single_blanks(tidy) == tidy, "a tidy text is tidied", text);
    expect(tidy.find("  ") == std::string::npos, "two blanks are left", text);
    const auto ranges = ranges_of(std::string{text});
    for (const std::uint64_t id : {0UL, 1UL, 1000UL, 65534UL, 4294967294UL}) {
        const bool maps = ovl::detail::maps_id(tidy, id);
        if (!ranges.has_value())
            continue;
        bool expected = false;
        for (const auto& range : *ranges)
            expected |= id >= range[0] && id - range[0] < range[2];
        expect(maps == expected, "a range is overlooked, or made up", text);
    }
    static_cast<void>(ovl::in_user_namespace({.inode = {}, .uid_map = tidy}));
}

void check_status(std::string_view text) {
    for (const char* const field : {"Seccomp", "NoNewPrivs", "Threads"}) {
        const auto value = ovl::detail::status_field(text, field);
        const std::string line = "\n" + std::string{field} + ":\t";
        if (text.find(line) == std::string_view::npos)
            expect(value == 0, "a field that is not there has a value", text);
        // Before anything else: what the kernel would have written for it.
        const std::string before = "Name:\tx" + line + "3\n" + std::string{text};
        expect(ovl::detail::status_field(before, field) == 3, "a field is overlooked", text);
    }
    static_cast<void>(ovl::detail::status_field(text, "CapEff", 16));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto text = ovl_fuzz::text_of(bytes, size);
    check_map(text);
    check_status(text);
    return 0;
}
