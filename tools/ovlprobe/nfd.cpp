// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "formats.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace ovlprobe {

std::string nfd_of(const findings& found, std::time_t expires) {
    std::string text = fmt::format("# +expiry-time={:%Y-%m-%dT%H:%M:%SZ}\n", fmt::gmtime(expires));
    for (const outcome& of : found.outcomes)
        for (const ovl::verdict& v : of.report.verdicts)
            if (v != ovl::answer::unknown)
                text +=
                    fmt::format("ovl.{}={}\n", ovl::describe(v.asked).key, v == ovl::answer::yes);
    return text;
}

} // namespace ovlprobe
