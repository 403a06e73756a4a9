// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/all_probes.hpp>
#include <ovl/report/report.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <span>
#include <vector>

namespace ovl {

/// How a survey goes about it.
struct survey_settings {
    /// The runtime's own mount options, which change the answers.
    mount_options extra{};
    /// Probes a filesystem on which probing has panicked kernels.
    bool force = false;
    /// Mounts nothing and writes nothing: what needs a mount is `unknown`.
    bool no_mount = false;
};

namespace detail {

/// What rules a survey's mounts out before one is made; none where nothing does.
[[nodiscard]] inline std::optional<reason> ruled_out(const survey_settings& settings,
                                                     const backing_filesystem& filesystem) {
    if (filesystem.kind == filesystem_class::dangerous && !settings.force)
        return reason::dangerous_filesystem;
    if (settings.no_mount)
        return reason::mounting_ruled_out;
    return std::nullopt;
}

template <policies P>
[[nodiscard]] result<unique_fd> open_for_survey(const directory& where, report& found,
                                                const P& set) {
    auto opened = where.open();
    if (!opened.has_value())
        return opened;
    const auto filesystem = read_backing_filesystem(set.fs, opened.value().get());
    if (!filesystem.has_value())
        return fail(filesystem.error());
    found.filesystem = filesystem.value();
    return opened;
}

template <policies P>
void answer_all(const directory& where, std::span<const question<P>> questions,
                const survey_settings& settings, const P& set, report& found) {
    const auto opened = open_for_survey(where, found, set);
    if (!opened.has_value()) {
        for (verdict& v : found.verdicts)
            v = could_not(v.asked, opened.error(), backing_filesystem{});
        return;
    }
    if (const auto because = ruled_out(settings, *found.filesystem)) {
        for (verdict& v : found.verdicts)
            v = give(v.asked, answer::unknown, *because);
        return;
    }
    found.backend = run<P>(directory::of(opened.value().get()), questions,
                           std::span<verdict>{found.verdicts}, settings.extra, set)
                        .backend;
}

} // namespace detail

/// Answers a list of questions about one directory, over as few mounts as they need. The
/// filesystem's type is looked at before anything is mounted. Does not fail: what could not be
/// answered is `unknown`. Privilege: see the probes. Blocks for as long as the filesystem does.
template <policies P>
[[nodiscard]] report survey(const directory& where, std::span<const question<P>> questions,
                            const survey_settings& settings = {}, const P& set = {}) {
    const auto began = std::chrono::steady_clock::now();
    report found{.directory = where.name()};
    for (const question<P>& asked : questions)
        found.verdicts.push_back(give(asked.asks, answer::unknown, reason::step_failed));
    detail::answer_all<P>(where, questions, settings, set, found);
    found.elapsed = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began);
    return found;
}

/// The same for a choice of capabilities made at run time.
template <policies P>
[[nodiscard]] report survey(const directory& where, std::span<const capability> asked,
                            const survey_settings& settings = {}, const P& set = {}) {
    auto questions = all_questions<P>();
    std::erase_if(questions, [&](const question<P>& each) {
        return std::find(asked.begin(), asked.end(), each.asks) == asked.end();
    });
    return survey<P>(where, std::span<const question<P>>{questions}, settings, set);
}

/// The same for a list of probes known at compile time: `survey<rootless, native_diff>(dir)`; for
/// every probe where none is named.
template <policies P = default_policies, probe_of<P>... Q>
[[nodiscard]] report survey(const directory& where, const survey_settings& settings = {},
                            const P& set = {}) {
    std::vector<question<P>> questions;
    if constexpr (sizeof...(Q) == 0)
        questions = all_questions<P>();
    else
        questions = {question_of<P, Q>()...};
    return survey<P>(where, std::span<const question<P>>{questions}, settings, set);
}

} // namespace ovl
