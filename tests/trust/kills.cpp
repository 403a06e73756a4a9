// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-trust-kills LEVEL MODE
//
// Kills a whole survey, a sweep, and one of two sweepers at every one of their system calls, with each
// backend. After each no mount may be left in a namespace outside, and the next run sweeps what is on
// disk. MODE is root, user-namespace, or user, who can mount nothing and sweeps alone.

#include "trust/deeds.hpp"
#include "trust/tracer.hpp"
#include "trust/workers.hpp"

#include <ovl/sandbox/old_kernel.hpp>

#include <optional>
#include <string>
#include <vector>

namespace {

using namespace ovl_trust;

/// Which calls a level kills at: every one, or with others between them. Where the same call comes
/// again and again, as when layers are appended until there are too many, the middle of the row is
/// thinned out: nothing differs there but the count.
class choice {
  public:
    choice(std::string_view level, const std::vector<long>& numbers) {
        const std::size_t stride = level == "short" ? 29 : 1;
        std::size_t row = 0;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            row = i > 0 && numbers[i] == numbers[i - 1] ? row + 1 : 0;
            const bool thinned = level != "long" && row > 8 && row % 50 != 0;
            if (i % stride == 0 && !thinned)
                chosen_.push_back(i + 1);
        }
    }
    [[nodiscard]] const std::vector<std::size_t>& calls() const noexcept { return chosen_; }

  private:
    std::vector<std::size_t> chosen_;
};

/// What is killed, and how it is called.
struct victim {
    std::string name;
    const subject* tried;
    enum class kind { survey, survey_on_old_kernel, sweep, overtaken_sweep } what;
};

class trial {
  public:
    trial(const victim& killed, const place& where) : victim_{killed}, where_{where} {}

    /// The numbers of all the calls that it makes.
    [[nodiscard]] std::vector<long> calls() const {
        std::vector<long> numbers;
        prepare();
        const int ended = trace([&] { act(); }, {},
                                [&](const pending_call& call, int&) {
                                    numbers.push_back(call.number());
                                    return fate::made;
                                });
        must(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "a run that nobody kills ends well");
        must(where_.entries().empty(), "a run that nobody kills leaves nothing");
        return numbers;
    }

    /// Kills it as it enters its n-th call, and says what is wrong afterwards; none where it came to no
    /// such call: how often what the kernel says has to be read may differ by one.
    [[nodiscard]] std::optional<std::vector<std::string>> kill_at(std::size_t n) const {
        std::vector<std::string> wrong;
        prepare();
        const std::string before = mount_table();
        std::size_t entered = 0;
        const int ended = trace([&] { act(); }, {},
                                [&](const pending_call&, int&) {
                                    if (++entered != n)
                                        return fate::made;
                                    if (victim_.what != victim::kind::overtaken_sweep)
                                        return fate::killed;
                                    // The other one comes, and goes, while this one stands in the middle.
                                    sweep(wrong);
                                    return fate::made;
                                });
        if (entered < n)
            return std::nullopt;
        const bool overtaken = victim_.what == victim::kind::overtaken_sweep;
        if (overtaken ? !WIFEXITED(ended) || WEXITSTATUS(ended) != 0 : !WIFSIGNALED(ended))
            wrong.push_back("it ended with status " + std::to_string(ended));
        if (is_survey() && mount_table() != before)
            wrong.push_back("the mount table differs afterwards");
        sweep(wrong);
        if (const auto left = where_.entries(); !left.empty())
            wrong.push_back("not swept by the next run: " + left.back());
        where_.clear();
        return wrong;
    }

  private:
    [[nodiscard]] bool is_survey() const noexcept {
        return victim_.what == victim::kind::survey ||
               victim_.what == victim::kind::survey_on_old_kernel;
    }

    void prepare() const {
        if (!is_survey())
            for (const char* const name : {"0123456789abcdef", "fedcba9876543210"})
                where_.make_debris(name);
    }

    void act() const {
        const ovl::directory about{where_.path()};
        if (victim_.what == victim::kind::survey_on_old_kernel)
            must(ovl::sandbox::deny_new_mount_calls() == 0, "seccomp");
        if (!is_survey())
            ::_exit(victim_.tried->sweep(about, nullptr).front() == ovl::answer::yes ? 0 : 1);
        static_cast<void>(victim_.tried->ask(about, all_capabilities(), nullptr));
    }

    void sweep(std::vector<std::string>& wrong) const {
        const auto swept = victim_.tried->sweep(where_.path(), nullptr);
        if (swept.front() != ovl::answer::yes)
            wrong.push_back("the next run fails: " + swept.front().why());
    }

    const victim& victim_;
    const place& where_;
};

void try_cases(const std::vector<victim>& victims, std::string_view level, bool mounts,
               std::size_t first, progress& own) {
    if (mounts)
        enter_stage(false);
    const place where;
    const std::size_t stride = worker_count();
    std::size_t number = 0;
    for (const victim& each : victims) {
        note(own, each.name + " without a kill");
        const trial killed{each, where};
        const auto numbers = killed.calls();
        const choice chosen{level, numbers};
        for (const std::size_t n : chosen.calls()) {
            if (number++ != first)
                continue;
            own.at = first;
            first += stride;
            const std::string title = each.name + " at call " + std::to_string(n) + " (number " +
                                      std::to_string(numbers[n - 1]) + ")";
            note(own, title);
            const auto wrong = killed.kill_at(n);
            if (!wrong.has_value())
                continue;
            ++own.made;
            own.held += wrong->empty() ? 1 : 0;
            for (const std::string& line : *wrong)
                say("not clean: " + title + ": " + line);
        }
    }
}

std::vector<victim> all_victims(std::string_view mode) {
    using kind = victim::kind;
    const std::size_t which = mode == "root" ? 0 : 1;
    if (mode == "user")
        return {{"sweep", &by_fsopen[which], kind::sweep},
                {"sweep beside another", &by_fsopen[which], kind::overtaken_sweep}};
    return {
        {"survey by fsopen", &by_fsopen[which], kind::survey},
        {"survey by classic", &by_classic[which], kind::survey},
        {"survey by libmount", &by_libmount[which], kind::survey},
        {"survey by fallback", &by_fallback[which], kind::survey},
        {"survey by fallback on an old kernel", &by_fallback[which], kind::survey_on_old_kernel},
        {"sweep", &by_fsopen[which], kind::sweep},
        {"sweep beside another", &by_fsopen[which], kind::overtaken_sweep}};
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: ovl-trust-kills short|trust|long root|user-namespace|user\n");
        return 2;
    }
    const std::string_view mode = argv[2];
    const bool mounts = mode != "user";
    if (mounts)
        enter_stage(mode == "user-namespace");
    const std::string outside = mount_table();
    tally sum = run_workers([&](std::size_t first, progress& own) {
        try_cases(all_victims(mode), argv[1], mounts, first, own);
    });
    if (mounts && mount_table() != outside) {
        say("not clean: the mount table outside differs");
        sum.held = 0;
    }
    const std::string extent = std::string_view{argv[1]} == "short" ? " (a sample)" : "";
    print_figure("kills" + extent + ", " + argv[2], sum.made, "made", sum.held, "clean");
    return sum.all() ? 0 : 1;
}
