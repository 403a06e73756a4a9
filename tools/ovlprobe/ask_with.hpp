// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "ask.hpp"
#include "backend.hpp"
#include "wire.hpp"

#include <ovl/report/survey.hpp>

#include <span>

namespace ovlprobe {

/// Passes an answer on; `channel` points to the descriptor.
inline void pass_on(void* channel, const ovl::verdict& found) {
    wire::send(*static_cast<const int*>(channel), wire::answered{found});
}

/// The body of `ask_as_rootful` and `ask_as_rootless`.
template <ovl::policies P>
ovl::report ask_with(const ovl::directory& about, const arguments& wanted, int channel) {
    ovl::survey_settings settings{};
    settings.extra = wanted.extra;
    settings.force = wanted.force;
    settings.no_mount = wanted.no_mount;
    settings.listener = {.hear = &pass_on, .context = &channel};
    P set;
    set.mount.kind = wanted.backend;
    return ovl::survey<P>(about, std::span<const ovl::capability>{wanted.asked}, settings, set);
}

} // namespace ovlprobe
