// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "formats.hpp"
#include "plain_text.hpp"

#include <fmt/format.h>

namespace ovlprobe {

namespace {

/// The exposition format wants UTF-8, and a backslash before `\`, `"` and a newline. What else
/// could upset a reader is written as `\xNN` first.
std::string label(std::string_view value) {
    std::string text;
    for (const char c : printable(value))
        text += c == '\\' || c == '"' ? std::string{'\\', c} : std::string(1, c);
    return text;
}

} // namespace

std::string prometheus_of(const findings& found) {
    std::string answers;
    std::string durations;
    for (const outcome& of : found.outcomes) {
        const std::string path = label(of.path);
        for (const ovl::verdict& v : of.report.verdicts)
            answers +=
                fmt::format("ovl_capability{{path=\"{}\",capability=\"{}\",answer=\"{}\"}} 1\n",
                            path, ovl::describe(v.asked).key, ovl::name(v.is));
        durations += fmt::format("ovl_probe_duration_seconds{{path=\"{}\"}} {:.6f}\n", path,
                                 static_cast<double>(of.report.elapsed_microseconds) / 1e6);
    }
    return "# HELP ovl_capability What overlayfs can do in a directory, and in which state it is; "
           "1 for the answer that holds.\n"
           "# TYPE ovl_capability gauge\n" +
           answers +
           "# HELP ovl_probe_duration_seconds How long it took to answer.\n"
           "# TYPE ovl_probe_duration_seconds gauge\n" +
           durations;
}

} // namespace ovlprobe
