// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstdint>

namespace ovlprobe {

/// The mount backends that a command line can name.
enum class backend_kind : std::uint8_t { automatic, fsopen, classic, libmount };

/// Whether this program was built with util-linux's libmount; a static one is not.
#ifdef OVLPROBE_LIBMOUNT
inline constexpr bool has_libmount = true;
#else
inline constexpr bool has_libmount = false;
#endif

} // namespace ovlprobe
