// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

/// The escapes of /proc/self/mountinfo and of fstab: a backslash and three octal digits for a byte.
namespace ovl::detail {

[[nodiscard]] constexpr bool is_octal_escape(std::string_view text) noexcept {
    return text.size() >= 4 && text[0] == '\\' && text[1] >= '0' && text[1] <= '3' &&
           text[2] >= '0' && text[2] <= '7' && text[3] >= '0' && text[3] <= '7';
}

/// Undoes the escapes; a backslash that begins none stays.
[[nodiscard]] inline std::string decode_octal(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        if (is_octal_escape(text)) {
            plain += static_cast<char>((text[1] - '0') * 64 + (text[2] - '0') * 8 + text[3] - '0');
            text.remove_prefix(4);
        } else {
            plain += text.front();
            text.remove_prefix(1);
        }
    }
    return plain;
}

/// Appends `text` with each byte of `special` escaped.
inline void append_octal(std::string& out, std::string_view text, std::string_view special) {
    for (const char c : text) {
        if (special.find(c) == std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '\\';
        for (const int shift : {6, 3, 0})
            out += static_cast<char>('0' + (byte >> shift & 7));
    }
}

} // namespace ovl::detail
