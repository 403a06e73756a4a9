// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/verdict.hpp>

#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

/// What the probes of a filesystem's offers share.
namespace ovl::detail {

/// What was seen where no call failed: the evidence of an effect, or of its absence.
[[nodiscard]] inline failure observed(std::string_view call, std::string what) {
    return {.where = step::observe,
            .call = call,
            .error_number = 0,
            .subject = std::move(what),
            .kernel_message = {}};
}

/// The errnos by which a filesystem says that it has no such operation. EINVAL is what rename(2)
/// answers to a flag it does not know, ENOTTY ioctl(2) to a command.
[[nodiscard]] constexpr bool says_unsupported(int error_number) noexcept {
    return error_number == EINVAL || error_number == ENOTSUP || error_number == ENOTTY;
}

/// The verdict where an entry that must be there could not be looked up: `no` where it is absent.
template <class View>
[[nodiscard]] verdict not_there(const View& view, failure what, reason absent) {
    failure observed = std::move(what).at(step::observe);
    return observed.error_number == ENOENT ? view.no(absent, std::move(observed))
                                           : view.could_not(std::move(observed));
}

} // namespace ovl::detail
