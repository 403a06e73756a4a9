// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "ask.hpp"
#include "backend.hpp"
#include "wire.hpp"

#include <ovl/report/survey.hpp>

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

namespace ovlprobe {

/// Passes an answer on; `channel` points to the descriptor.
inline void pass_on(void* channel, const ovl::verdict& found) {
    wire::send(*static_cast<const int*>(channel), wire::answered{found});
}

/// What is asked. The costly form of a question takes the place of the quick one where that was
/// named with --only.
template <ovl::policies P>
std::vector<ovl::question<P>> questions_of(const arguments& wanted) {
    auto questions = ovl::all_questions<P>();
    std::erase_if(questions, [&](const ovl::question<P>& each) {
        return !std::binary_search(wanted.asked.begin(), wanted.asked.end(), each.asks);
    });
    if (wanted.chosen)
        for (ovl::question<P>& each : questions)
            if (each.asks == ovl::many_layers_mounted::asks)
                each = ovl::question_of<P, ovl::many_layers_mounted>();
    return questions;
}

/// What the questions had no need to look at, and a reader of the answers has.
template <ovl::policies P>
std::optional<ovl::backing_filesystem> filesystem_of(const P& set, const ovl::directory& about) {
    const auto opened = about.open();
    if (!opened.has_value())
        return std::nullopt;
    const auto found = ovl::read_backing_filesystem(set.fs, opened.value().get());
    return found.has_value() ? std::optional{found.value()} : std::nullopt;
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
    const auto questions = questions_of<P>(wanted);
    ovl::report found =
        ovl::survey<P>(about, std::span<const ovl::question<P>>{questions}, settings, set);
    if (!found.filesystem.has_value())
        found.filesystem = filesystem_of(set, about);
    return found;
}

} // namespace ovlprobe
