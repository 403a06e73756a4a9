// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-trust-faults-in-process LEVEL MODE
//
// Fails every operation on the filesystem and every mount that each probe, a whole survey, a mount
// and a sweep make, through the policies: once, at each occurrence, with each errno; and gives
// directory listings short. MODE is root or user-namespace.

#include "trust/fault_trials.hpp"

#include <array>
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
        std::vector<std::string> seen;
        ovl_test::fault none{.at = -1, .seen = &seen};
        where_.clear();
        done_.prepare(where_);
        without_ = done_.act(tried_, where_, &none);
        const auto left = where_.entries();
        must(done_.what == deed::kind::mount || left.empty(), "something is left without a fault");
        for (const std::string& call : seen) {
            const std::size_t space = call.find(' ');
            calls_.push_back({call.substr(0, space), call.substr(space + 1), 0});
        }
    }

    [[nodiscard]] const std::vector<failed_call>& calls() const noexcept { return calls_; }

    /// Fails the n-th operation, from 1 on.
    [[nodiscard]] complaints fail_at(std::size_t n, int error_number) {
        ovl_test::fault injected{.error_number = error_number, .at = static_cast<int>(n)};
        failed_call failed = calls_[n - 1];
        failed.error_number = error_number;
        return check(injected, failed);
    }
    [[nodiscard]] complaints with_short_reads() {
        ovl_test::fault injected{.at = -1, .short_reads = true};
        return check(injected, {"read_entries", "short", 0});
    }

  private:
    [[nodiscard]] complaints check(ovl_test::fault& injected, const failed_call& failed) {
        complaints wrong;
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
        static constexpr std::array<std::string_view, 6> removing{
            "remove_file", "remove_directory", "open_within", "read_entries", "set_mode", "lock"};
        look_for_leftovers(tried_, done_, where_, failed, removing, wrong);
        for (std::string& line : wrong)
            line = failed.text() + ": " + line;
        return wrong;
    }

    const subject& tried_;
    const deed& done_;
    const place& where_;
    std::vector<failed_call> calls_;
    verdicts without_;
};

} // namespace

int main(int argc, char** argv) {
    constexpr extents levels{
        .of_short = {.one_call_of = 1, .one_call_of_a_survey = 17, .errnos_each = 1},
        .of_trust = {.one_call_of = 1, .one_call_of_a_survey = 3, .errnos_each = 2}};
    constexpr std::array backends{&by_fsopen, &by_classic};
    return try_all<trial>("faults in-process", {argv, static_cast<std::size_t>(argc)}, levels,
                          backends);
}
