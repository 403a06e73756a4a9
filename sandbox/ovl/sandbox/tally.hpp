// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <boost/test/framework.hpp>
#include <boost/test/tree/traverse.hpp>
#include <boost/test/tree/visitor.hpp>
#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace ovl::sandbox {

/// What became of each test case of a run. Boost.Test's own counts take what a filter left out for
/// skipped, and a case that a crash kept from running for passed.
class tally {
  public:
    using id = boost::unit_test::test_unit_id;

    /// The cases that are to run.
    void expect(const std::vector<id>& cases) {
        for (const id each : cases)
            fates_.emplace(each, fate::not_run);
    }
    void pass(id test_case) { fates_[test_case] = fate::passed; }
    void fail(id test_case) { fates_[test_case] = fate::failed; }
    void skip(id test_case, std::string reason) {
        fates_[test_case] = fate::skipped;
        const auto& unit = boost::unit_test::framework::get<boost::unit_test::test_case>(test_case);
        skips_.emplace_back(unit.full_name(), std::move(reason));
    }

    [[nodiscard]] std::size_t passed() const { return count(fate::passed); }
    [[nodiscard]] std::size_t failed() const { return count(fate::failed); }
    [[nodiscard]] std::size_t skipped() const { return count(fate::skipped); }
    [[nodiscard]] std::size_t not_run() const { return count(fate::not_run); }
    /// The full name and the reason of each skip, in the order in which they came.
    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& skips() const noexcept {
        return skips_;
    }

    /// `3 passed, 0 failed, 1 skipped` on a line of its own, after one that says how many cases
    /// an early end kept from running, where there are any.
    [[nodiscard]] std::string lines() const {
        std::string text;
        if (not_run() > 0)
            text = std::to_string(not_run()) + " not run: the program ended early\n";
        return text + std::to_string(passed()) + " passed, " + std::to_string(failed()) +
               " failed, " + std::to_string(skipped()) + " skipped\n";
    }

  private:
    enum class fate : std::uint8_t { not_run, passed, failed, skipped };

    [[nodiscard]] std::size_t count(fate wanted) const {
        std::size_t found = 0;
        for (const auto& [test_case, became] : fates_)
            found += became == wanted ? 1u : 0u;
        return found;
    }

    std::map<id, fate> fates_;
    std::vector<std::pair<std::string, std::string>> skips_;
};

/// The test cases under `root`, itself among them, that no filter leaves out.
[[nodiscard]] inline std::vector<boost::unit_test::test_unit_id>
enabled_cases(boost::unit_test::test_unit_id root) {
    struct collector : boost::unit_test::test_tree_visitor {
        std::vector<boost::unit_test::test_unit_id> cases;
        void visit(boost::unit_test::test_case const& found) override {
            if (found.is_enabled())
                cases.push_back(found.p_id);
        }
    } collected;
    boost::unit_test::traverse_test_tree(root, collected, true);
    return std::move(collected.cases);
}

} // namespace ovl::sandbox
