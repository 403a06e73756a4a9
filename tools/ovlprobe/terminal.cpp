// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "terminal.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace ovlprobe {

namespace {

std::string_view variable(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view{} : std::string_view{value};
}

bool locale_is_utf8() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
        if (std::string locale{variable(name)}; !locale.empty()) {
            std::transform(locale.begin(), locale.end(), locale.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
            return locale.find("utf-8") != std::string::npos ||
                   locale.find("utf8") != std::string::npos;
        }
    return false;
}

} // namespace

style style_for(const arguments& wanted) {
    constexpr std::size_t narrowest = 60;
    constexpr std::size_t widest = 120;
    style look;
    const bool terminal = !wanted.output.has_value() && ::isatty(STDOUT_FILENO) == 1;
    winsize size{};
    if (terminal && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
        look.width = std::clamp<std::size_t>(size.ws_col, narrowest, widest);
    look.unicode = locale_is_utf8();
    look.colour = wanted.colour == colour_choice::always ||
                  (wanted.colour == colour_choice::automatic && terminal &&
                   variable("NO_COLOR").empty() && variable("TERM") != "dumb");
    return look;
}

} // namespace ovlprobe
