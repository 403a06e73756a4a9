// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <string>
#include <string_view>

namespace ovlprobe {

/// Whether these bytes are well-formed UTF-8.
[[nodiscard]] bool is_utf8(std::string_view bytes);

/// `bytes` as they can be shown: what is not UTF-8 and every control character, which could drive a
/// terminal, as `\xNN`. With `ascii` everything beyond ASCII is written so.
[[nodiscard]] std::string printable(std::string_view bytes, bool ascii = false);

/// How many columns UTF-8 text takes, counting a code point as one.
[[nodiscard]] std::size_t columns(std::string_view text);

/// `text` in lines of at most `width` columns, every one but the first after `indent` blanks;
/// `first` columns are taken already. Words are never broken.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);

} // namespace ovlprobe
