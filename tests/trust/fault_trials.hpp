// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/answers.hpp"
#include "trust/deeds.hpp"
#include "trust/workers.hpp"

#include <algorithm>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Every deed with every subject, over and over, while one call fails each time.
namespace ovl_trust {

/// What is wrong after a trial, in lines that begin with the call that failed.
using complaints = std::vector<std::string>;

/// Only a removal that was made to fail may leave something, and the next run sweeps it. What a sweep finds was there
/// before, and is no more its own than that of the next one.
inline void look_for_leftovers(const subject& tried, const deed& done, const place& where,
                               const failed_call& failed,
                               std::span<const std::string_view> removing, complaints& wrong) {
    const auto left = where.entries();
    if (done.what == deed::kind::mount || left.empty())
        return;
    if (done.what != deed::kind::sweep &&
        std::find(removing.begin(), removing.end(), failed.call) == removing.end())
        wrong.push_back("left behind: " + left.back());
    static_cast<void>(tried.sweep(where.path(), nullptr));
    if (const auto still = where.entries(); !still.empty())
        wrong.push_back("not swept by the next run: " + still.back());
}

/// How much of all that could be tried is: each call, or one of several, with so many of the errnos. A survey makes
/// most calls, takes longest, and does what single questions do too.
struct extent {
    std::size_t one_call_of = 1;
    std::size_t one_call_of_a_survey = 1;
    std::size_t errnos_each = errnos.size();

    [[nodiscard]] bool is_all() const noexcept {
        return one_call_of == 1 && one_call_of_a_survey == 1 && errnos_each == errnos.size();
    }
};

/// The extents of the three levels.
struct extents {
    extent of_short;
    extent of_trust;

    [[nodiscard]] extent at(std::string_view level) const noexcept {
        return level == "short" ? of_short : level == "trust" ? of_trust : extent{};
    }
};

/// Which calls of a deed are failed.
class choice {
  public:
    choice(const extent& chosen, const deed& done)
        : thins_rows_{!chosen.is_all()}, one_of_{done.asked.size() > 1 ? chosen.one_call_of_a_survey
                                                                       : chosen.one_call_of} {}

    /// Whether the n-th call, from 1 on, is; to be asked of each in turn. A row of the same call, as when layers are
    /// appended until there are too many, is thinned out in the middle: nothing differs there but the count.
    [[nodiscard]] bool takes(const std::vector<failed_call>& calls, std::size_t n) {
        const bool again = n > 1 && calls[n - 1].call == calls[n - 2].call &&
                           calls[n - 1].name == calls[n - 2].name;
        row_ = again ? row_ + 1 : 0;
        if (thins_rows_ && row_ > 4 && row_ % 100 != 0)
            return false;
        return one_of_ == 1 || n % one_of_ == 1;
    }

  private:
    bool thins_rows_;
    std::size_t one_of_;
    std::size_t row_ = 0;
};

/// Tries the cases first, first + workers, ... of all that there are. A `Trial` of a deed has done it once without a
/// fault; `calls()` are those that it made; `fail_at(n, errno)` has the n-th fail, and gives none where it came
/// to no such call; `with_short_reads()`, where it has one, is one more case.
template <class Trial>
void try_cases(std::span<const subject* const> subjects, const extent& chosen, std::size_t first,
               progress& own) {
    enter_stage(false);
    const place where;
    const std::size_t stride = worker_count();
    std::size_t number = 0;
    for (const subject* const tried : subjects)
        for (const deed& done : all_deeds()) {
            const std::string title = std::string{tried->backend} + " " + done.name;
            note(own, title + " without a fault");
            Trial each{*tried, done, where};
            const auto attempt = [&](const std::string& what, auto fail) {
                if (number++ != first)
                    return;
                own.at = first;
                first += stride;
                note(own, what);
                const std::optional<complaints> wrong = fail();
                if (!wrong.has_value())
                    return;
                ++own.made;
                own.held += wrong->empty() ? 1 : 0;
                for (const std::string& line : *wrong)
                    say("not held: " + what + ": " + line);
            };
            choice takes{chosen, done};
            for (std::size_t n = 1; n <= each.calls().size(); ++n) {
                if (!takes.takes(each.calls(), n))
                    continue;
                for (std::size_t i = 0; i < chosen.errnos_each; ++i) {
                    // Beginning with another one at each call.
                    const int error = errnos[(n + i) * 5 % errnos.size()];
                    attempt(title + ", call " + std::to_string(n) + " " +
                                ovl::detail::errno_name(error),
                            [&] { return each.fail_at(n, error); });
                }
            }
            if constexpr (requires { each.with_short_reads(); })
                attempt(title + ", short reads", [&] { return each.with_short_reads(); });
        }
}

/// The whole of a program `NAME short|trust|long root|user-namespace` that tries these backends: prints what does not
/// hold, and the figure, and gives the exit status.
template <class Trial>
[[nodiscard]] int try_all(const std::string& what, std::span<char* const> arguments,
                          const extents& levels,
                          std::span<const std::array<subject, 2>* const> backends) {
    if (arguments.size() != 3) {
        std::fprintf(stderr, "usage: %s short|trust|long root|user-namespace\n", arguments.front());
        return 2;
    }
    const extent chosen = levels.at(arguments[1]);
    const std::string mode = arguments[2];
    const std::size_t which = mode == "user-namespace" ? 1 : 0;
    std::vector<const subject*> subjects;
    for (const auto* const both : backends)
        subjects.push_back(&(*both)[which]);
    enter_stage(which == 1);
    const std::string outside = mount_table();
    tally sum = run_workers(
        [&](std::size_t first, progress& own) { try_cases<Trial>(subjects, chosen, first, own); });
    if (mount_table() != outside) {
        say("not held: the mount table outside differs");
        sum.held = 0;
    }
    print_figure(what + (chosen.is_all() ? ", " : " (a sample), ") + mode, sum.made, "made",
                 sum.held, "held");
    return sum.all() ? 0 : 1;
}

} // namespace ovl_trust
