// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cerrno>

namespace ovl::detail {

/// Makes a system call again for as long as a signal interrupts it.
template <class Call>
[[nodiscard]] auto retry(Call call) noexcept {
    decltype(call()) returned{};
    do {
        returned = call();
    } while (returned == -1 && errno == EINTR);
    return returned;
}

} // namespace ovl::detail
