// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// What ovlprobe shows of bytes that others chose, paths and the kernel's messages: it is UTF-8, and drives no terminal.

#include "expect.hpp"

#include "plain_text.hpp"

#include <algorithm>

using ovl_fuzz::expect;

namespace {

bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80;
}
bool drives_terminals(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto text = ovl_fuzz::text_of(bytes, size);
    const std::string shown = ovlprobe::printable(text);
    expect(ovlprobe::is_utf8(shown), "not UTF-8", shown);
    expect(std::none_of(shown.begin(), shown.end(), drives_terminals), "a control character", shown);
    expect(shown.find("\xC2\x9B") == std::string::npos, "a control sequence introducer", shown);
    expect(ovlprobe::printable(shown) == shown, "what can be shown is changed", shown);
    const std::string ascii = ovlprobe::printable(text, true);
    expect(std::all_of(ascii.begin(), ascii.end(), is_ascii), "not ASCII", ascii);

    const std::size_t width = size % 100;
    std::string words = ovlprobe::wrapped(shown, 2, width);
    for (auto newline = words.find("\n  "); newline != std::string::npos;
         newline = words.find("\n  "))
        words.replace(newline, 3, " ");
    const auto letters = [](std::string from) {
        std::erase(from, ' ');
        return from;
    };
    expect(letters(words) == letters(shown), "a word is lost", shown);
    return 0;
}
