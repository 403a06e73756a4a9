// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ovlprobe {

/// Writes `text` to standard output; else what went wrong, in one line.
[[nodiscard]] std::optional<std::string> write_to_standard_output(std::string_view text);

/// Puts `text` in `file`: written aside in the same directory and then renamed, so that a reader
/// sees all of it or what was there before. What is there and is no regular file (a device, a FIFO)
/// is written to as it is. Else what went wrong, in one line.
[[nodiscard]] std::optional<std::string> write_to_file(const std::string& file,
                                                       std::string_view text);

/// What keeps `file` from being written, found before the work is done; none where nothing does.
[[nodiscard]] std::optional<std::string> check_writable(const std::string& file);

} // namespace ovlprobe
