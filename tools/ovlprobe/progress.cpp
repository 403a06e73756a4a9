// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "progress.hpp"

#include "plain_text.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace ovlprobe {

void progress::show(const std::string& directory, std::chrono::milliseconds spent) {
    const long tenths = spent / std::chrono::milliseconds{100};
    if (tenths == shown_tenths_ || ::isatty(STDERR_FILENO) != 1)
        return;
    shown_tenths_ = tenths;
    fmt::print(stderr, "\r\x1b[Kovlprobe: waiting for {} ({}.{} s)", printable(directory),
               tenths / 10, tenths % 10);
    std::fflush(stderr);
}

void progress::clear() {
    if (shown_tenths_ < 0)
        return;
    shown_tenths_ = -1;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
}

} // namespace ovlprobe
