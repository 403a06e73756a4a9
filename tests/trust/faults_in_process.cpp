// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-trust-faults-in-process LEVEL MODE
//
// Fails every operation on the filesystem and every mount that each probe, a whole survey, a mount
// and a sweep make, through the policies: once, at each occurrence, with each errno; and gives
// directory listings short. MODE is root or user-namespace.

#include "trust/answers.hpp"
#include "trust/deeds.hpp"
#include "trust/workers.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace ovl_trust;

/// What can be seen of the world around, which a deed must leave as it was.
struct world {
    std::string mounts = mount_table();
    int descriptors = open_descriptors();
};

class trial {
  public:
    trial(const subject& tried, const deed& done, const place& where)
        : tried_{tried}, done_{done}, where_{where} {
        ovl_test::fault none{.at = -1, .seen = &calls_};
        where_.clear();
        done_.prepare(where_);
        without_ = done_.act(tried_, where_, &none);
        const auto left = where_.entries();
        need(done_.what == deed::kind::mount || left.empty(), "something is left without a fault");
    }

    [[nodiscard]] const std::vector<std::string>& calls() const noexcept { return calls_; }

    /// Fails the n-th operation, from 1 on, so; says what was wrong.
    [[nodiscard]] std::vector<std::string> fail_at(std::size_t n, int error_number) {
        ovl_test::fault injected{.error_number = error_number, .at = static_cast<int>(n)};
        return check(injected, described(n, error_number));
    }
    [[nodiscard]] std::vector<std::string> with_short_reads() {
        ovl_test::fault injected{.at = -1, .short_reads = true};
        return check(injected, {"read_entries", "short", 0});
    }
    [[nodiscard]] failed_call described(std::size_t n, int error_number) const {
        const std::string& call = calls_[n - 1];
        const std::size_t space = call.find(' ');
        return {call.substr(0, space), call.substr(space + 1), error_number};
    }

  private:
    [[nodiscard]] std::vector<std::string> check(ovl_test::fault& injected,
                                                 const failed_call& failed) {
        std::vector<std::string> wrong;
        where_.clear();
        done_.prepare(where_);
        const world before;
        const verdicts with = done_.act(tried_, where_, &injected);
        const world after;
        if (after.mounts != before.mounts)
            wrong.push_back("the mount table differs afterwards");
        if (after.descriptors != before.descriptors)
            wrong.push_back(std::to_string(after.descriptors - before.descriptors) +
                            " descriptors leaked");
        for (std::size_t i = 0; i < with.size(); ++i)
            if (const auto bad = wrong_answer(without_[i], with[i], failed); bad.has_value())
                wrong.push_back(*bad);
        if (done_.what != deed::kind::mount)
            look_for_leftovers(failed, wrong);
        return wrong;
    }

    /// Only a removal that was made to fail may leave something, and the next run sweeps it.
    void look_for_leftovers(const failed_call& failed, std::vector<std::string>& wrong) const {
        const auto left = where_.entries();
        if (left.empty())
            return;
        static constexpr std::array removing{"remove_file",  "remove_directory", "open_within",
                                             "read_entries", "set_mode",         "lock"};
        // What a sweep finds was there before, and is no more its own than that of the next one.
        if (done_.what != deed::kind::sweep &&
            std::find(removing.begin(), removing.end(), failed.call) == removing.end())
            wrong.push_back("left behind: " + left.back());
        static_cast<void>(tried_.sweep(where_.path(), nullptr));
        if (const auto still = where_.entries(); !still.empty())
            wrong.push_back("not swept by the next run: " + still.back());
    }

    const subject& tried_;
    const deed& done_;
    const place& where_;
    std::vector<std::string> calls_;
    verdicts without_;
};

/// Tries the cases first, first + workers, ... of all that there are.
void try_cases(const std::vector<const subject*>& subjects, std::string_view level,
               std::size_t first, progress& own) {
    enter_stage(false);
    const place where;
    const std::size_t stride = worker_count();
    std::size_t number = 0;
    for (const subject* const tried : subjects) {
        for (const deed& done : all_deeds()) {
            // Every errno at each call, or one, another one each time.
            const bool whole = done.asked.size() > 1;
            const bool every_errno = whole ? level == "long" : level != "short";
            note(own, done.name + " without a fault");
            trial each{*tried, done, where};
            const auto run = [&](const failed_call& failed, auto attempt) {
                if (number++ != first)
                    return;
                own.at = first;
                first += stride;
                const std::string title = std::string{tried->backend} + " " + done.name + ": " +
                                          failed.text();
                note(own, title);
                const auto wrong = attempt();
                ++own.made;
                own.held += wrong.empty() ? 1 : 0;
                for (const std::string& line : wrong)
                    say("not held: " + title + ": " + line);
            };
            for (std::size_t n = 1; n <= each.calls().size(); ++n) {
                if (whole && level == "short" && n % 16 != 1)
                    continue;
                const std::size_t count = every_errno ? errnos.size() : 1;
                for (std::size_t i = 0; i < count; ++i) {
                    const int error = errnos[(n + i) % errnos.size()];
                    run(each.described(n, error), [&] { return each.fail_at(n, error); });
                }
            }
            run({"read_entries", "short", 0}, [&] { return each.with_short_reads(); });
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: ovl-trust-faults-in-process short|trust|long "
                             "root|user-namespace\n");
        return 2;
    }
    const std::string_view level = argv[1];
    const bool user_namespace = std::string_view{argv[2]} == "user-namespace";
    std::vector<const subject*> subjects;
    for (const auto* const both : {&by_fsopen, &by_classic})
        subjects.push_back(&(*both)[user_namespace ? 1 : 0]);
    enter_stage(user_namespace);
    const std::string outside = mount_table();
    const tally sum = run_workers([&](std::size_t first, progress& own) {
        try_cases(subjects, level, first, own);
    });
    if (mount_table() != outside) {
        say("not held: the mount table outside differs");
        return 1;
    }
    const std::string extent = level == "short" ? " (a sample)" : "";
    print_figure("faults in-process" + extent + ", " + argv[2], sum, "held");
    return sum.all() ? 0 : 1;
}
