// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/monotonic_clock.hpp>
#include <ovl/probe/all_probes.hpp>
#include <ovl/report/report.hpp>

#include <cstdint>
#include <range/v3/algorithm/contains.hpp>
#include <span>
#include <utility>
#include <vector>

namespace ovl {

/// How a survey goes about it.
struct survey_settings : run_settings {
    /// The runtime's own mount options, which change the answers.
    mount_options extra{};
};

/// Answers a list of questions about one directory, over as few mounts as they need. The
/// filesystem's type is looked at before anything is mounted. Does not fail: what could not be
/// answered is `unknown`. Privilege: see the probes. Blocks for as long as the filesystem does.
template <policies P>
[[nodiscard]] report survey(const directory& where, std::span<const question<P>> questions,
                            const survey_settings& settings = {}, const P& set = {}) {
    const std::int64_t began = detail::monotonic_microseconds();
    report found{.directory = where.name()};
    found.verdicts.resize(questions.size());
    run_facts facts =
        run<P>(where, questions, std::span<verdict>{found.verdicts}, settings.extra, set, settings);
    found.filesystem = facts.filesystem;
    found.backend = facts.backend;
    found.left_behind = std::move(facts.left_behind);
    found.elapsed_microseconds = detail::monotonic_microseconds() - began;
    return found;
}

/// The same for a choice of capabilities made at run time.
template <policies P>
[[nodiscard]] report survey(const directory& where, std::span<const capability> asked,
                            const survey_settings& settings = {}, const P& set = {}) {
    auto questions = all_questions<P>();
    std::erase_if(questions,
                  [&](const question<P>& each) { return !ranges::contains(asked, each.asks); });
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
