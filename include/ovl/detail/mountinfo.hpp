// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/octal.hpp>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ovl::detail {

/// A line of /proc/self/mountinfo, decoded but for the options, whose escapes their own reader
/// undoes: there an escaped comma differs from one between two options.
struct mountinfo_line {
    std::uint64_t id = 0;
    std::uint64_t parent = 0;
    std::string root;
    std::string mount_point;
    std::string_view mount_options;
    std::string_view type;
    std::string source;
    std::string_view super_options;
};

/// Takes the first field, up to a space, off `rest`.
[[nodiscard]] inline std::string_view cut_field(std::string_view& rest) noexcept {
    const std::size_t end = rest.find(' ');
    const std::string_view field = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return field;
}

/// Reads one line; none where it is not one (proc_pid_mountinfo(5)).
[[nodiscard]] inline std::optional<mountinfo_line> parse_mountinfo_line(std::string_view line) {
    mountinfo_line parsed;
    const auto number = [](std::string_view text, std::uint64_t& into) {
        const auto read = std::from_chars(text.data(), text.data() + text.size(), into);
        return read.ec == std::errc{} && read.ptr == text.data() + text.size();
    };
    if (!number(cut_field(line), parsed.id) || !number(cut_field(line), parsed.parent))
        return std::nullopt;
    static_cast<void>(cut_field(line)); // device
    parsed.root = decode_octal(cut_field(line));
    parsed.mount_point = decode_octal(cut_field(line));
    parsed.mount_options = cut_field(line);
    // Tags such as `shared:3`, as many as there are, end at a lone hyphen.
    for (std::string_view tag = cut_field(line); tag != "-"; tag = cut_field(line))
        if (tag.empty())
            return std::nullopt;
    parsed.type = cut_field(line);
    parsed.source = decode_octal(cut_field(line));
    parsed.super_options = cut_field(line);
    return parsed.type.empty() ? std::nullopt : std::optional{std::move(parsed)};
}

/// Calls `visit` with each line of a mountinfo that can be read, until it returns false.
template <class Visit>
void for_each_mount(std::string_view mountinfo, Visit visit) {
    while (!mountinfo.empty()) {
        const std::size_t end = mountinfo.find('\n');
        const auto line = parse_mountinfo_line(mountinfo.substr(0, end));
        if (line.has_value() && !visit(*line))
            return;
        mountinfo.remove_prefix(end == std::string_view::npos ? mountinfo.size() : end + 1);
    }
}

} // namespace ovl::detail
