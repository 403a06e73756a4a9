// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/failure.hpp>

#include <cerrno>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace ovl {

/// A value, or the system call that failed. Only has_value, value and error are part of the
/// contract, so that the type behind the alias can change.
template <class T>
using result = tl::expected<T, failure>;

/// Turns a failure into any `result`.
[[nodiscard]] inline tl::unexpected<failure> fail(failure what) {
    return tl::unexpected<failure>{std::move(what)};
}

/// The failure of `call` that errno describes at this moment.
[[nodiscard]] inline failure last_failure(std::string_view call) {
    const int error_number = errno;
    return {.call = call, .error_number = error_number};
}

/// The same, as any `result`.
[[nodiscard]] inline tl::unexpected<failure> fail_with_errno(std::string_view call) {
    return fail(last_failure(call));
}

} // namespace ovl
