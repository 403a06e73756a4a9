// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "arguments.hpp"
#include "formats.hpp"

namespace ovlprobe {

/// How text may look where these arguments send it: colour on a terminal alone and not with
/// NO_COLOR, more than ASCII where the locale is UTF-8, as wide as the terminal is.
[[nodiscard]] style style_for(const arguments& wanted);

} // namespace ovlprobe
