// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

// How Boost.Test is told that main, and the init function in its present form, are ours.
#if !defined(BOOST_TEST_NO_MAIN)
#define BOOST_TEST_NO_MAIN
#endif
#if !defined(BOOST_TEST_ALTERNATIVE_INIT_API)
#define BOOST_TEST_ALTERNATIVE_INIT_API
#endif

#include <ovl/sandbox/leftovers.hpp>
#include <ovl/sandbox/reexec.hpp>
#include <ovl/sandbox/session.hpp>
#include <ovl/sandbox/tally.hpp>
#include <ovl/sandbox/time_limit.hpp>

#include <algorithm>
#include <boost/cstdlib.hpp>
#include <boost/make_shared.hpp>
#include <boost/test/framework.hpp>
#include <boost/test/results_collector.hpp>
#include <boost/test/tree/fixture.hpp>
#include <boost/test/tree/observer.hpp>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdio>
#include <set>
#include <string>
#include <string_view>
#include <utility>

/// A main for Boost.Test that runs every test in the sandbox.
///
///     #include <ovl/sandbox/boost_test_main.hpp>
///
///     int main(int argc, char** argv) {
///         return ovl::sandbox::boost_test_main(argc, argv, "my project");
///     }
///
/// Include it first in that one file. Link Boost.Test as the shared library (BOOST_TEST_DYN_LINK),
/// or include <boost/test/included/unit_test.hpp> right after it: the static library has a main of
/// its own.
namespace ovl::sandbox {

namespace detail {

/// Around every test case: nothing it mounted may stay, no mount may go, and the directories that
/// it had watched hold no scratch directory. Mounts are only looked at where they are private.
class leftover_check : public boost::unit_test::test_unit_fixture {
  public:
    void setup() override {
        current_session().watched_directories.clear();
        if (current_session().active)
            before_ = current_mounts();
    }
    void teardown() override {
        if (current_session().active)
            for (const std::string& change : changes_of_mounts(before_, current_mounts()))
                BOOST_ERROR(change);
        for (const std::string& directory : current_session().watched_directories)
            for (const std::string& left : scratch_left_in(directory))
                BOOST_ERROR(left);
    }

  private:
    std::set<std::string> before_;
};

/// Gives every enabled test case the check for leftovers and the time limit, and keeps the tally.
class supervisor : public boost::unit_test::test_observer {
  public:
    void test_start(boost::unit_test::counter_t, boost::unit_test::test_unit_id root) override {
        namespace test = boost::unit_test;
        const auto check = boost::make_shared<leftover_check>();
        for (const test::test_unit_id id : enabled_cases(root)) {
            auto& fixtures = test::framework::get<test::test_case>(id).p_fixtures.value;
            // The outermost: it sees what the case's own fixtures leave.
            fixtures.insert(fixtures.begin(), check);
        }
        tally_.expect(enabled_cases(root));
    }

    void test_unit_start(boost::unit_test::test_unit const& unit) override {
        if (unit.p_type != boost::unit_test::TUT_CASE)
            return;
        const auto limit = std::max(current_session().wanted.time_limit,
                                    std::chrono::seconds{unit.p_timeout.get()});
        const std::string seconds = std::to_string(limit.count());
        tally with_this = tally_;
        with_this.fail(unit.p_id);
        time_limit_.start(limit,
                          "\nerror: in \"" + unit.full_name() + "\": the time limit of " + seconds +
                              " s was reached (OVL_SANDBOX_TIME_LIMIT)\n",
                          current_session().closing_line() + "\n" + with_this.lines(),
                          boost::exit_test_failure);
    }

    void test_unit_finish(boost::unit_test::test_unit const& unit, unsigned long) override {
        if (unit.p_type != boost::unit_test::TUT_CASE)
            return;
        time_limit_.stop();
        if (boost::unit_test::results_collector.results(unit.p_id).passed())
            tally_.pass(unit.p_id);
        else
            tally_.fail(unit.p_id);
    }

    void test_unit_skipped(boost::unit_test::test_unit const& unit,
                           boost::unit_test::const_string reason) override {
        if (!unit.is_enabled())
            return;
        constexpr std::string_view prefix = "precondition failed: ";
        std::string_view why{reason.begin(), reason.size()};
        if (why.starts_with(prefix))
            why.remove_prefix(prefix.size());
        for (const boost::unit_test::test_unit_id id : enabled_cases(unit.p_id))
            tally_.skip(id, std::string{why});
    }

    /// After the log and the results, so that a result is final when it is counted.
    int priority() override { return 0; }

    [[nodiscard]] const tally& counts() const noexcept { return tally_; }

  private:
    tally tally_;
    time_limit time_limit_;
};

/// Questions to the program itself, which run no test: they are answered in place.
[[nodiscard]] inline bool only_asks(int argc, char** argv) {
    return std::any_of(argv + 1, argv + argc, [](std::string_view argument) {
        return argument.starts_with("--list") || argument.starts_with("--help") ||
               argument.starts_with("--usage") || argument.starts_with("--version") ||
               argument == "-h" || argument == "-?";
    });
}

/// Enters the sandbox as the settings want it; in the outer process it does not return.
inline void enter_as_wanted(session& run, char** argv) {
    run.active = take_marker();
    if (run.active || run.wanted.wanted == policy::off)
        return;
    const auto ended = reexecute(run.wanted.level.value_or(default_level()), argv);
    if (ended.has_value())
        mirror(ended.value());
    run.refusal = ended.error();
}

/// The exit status of a run that Boost.Test ended with `status`; says on standard error what made
/// it another one.
[[nodiscard]] inline int final_status(int status, const session& run, const tally& counts) {
    constexpr int everything_skipped = 77;
    const bool required = run.wanted.wanted == policy::require;
    bool failed = false;
    for (const auto& [test_case, reason] : counts.skips()) {
        const bool fails = required && !run.wanted.expects_skip_of(test_case);
        failed = failed || fails;
        std::fprintf(stderr, "%s: \"%s\": %s\n",
                     fails ? "error: skipped, and OVL_SANDBOX=require" : "skipped",
                     test_case.c_str(), reason.c_str());
    }
    if (required && run.refusal) {
        failed = true;
        std::fprintf(stderr, "error: no sandbox, and OVL_SANDBOX=require: %s\n",
                     std::string{run.refusal->sentence()}.c_str());
    }
    if (status != boost::exit_success)
        return status;
    if (failed || counts.failed() > 0 || counts.not_run() > 0)
        return boost::exit_test_failure;
    return counts.passed() == 0 && !counts.skips().empty() ? everything_skipped : status;
}

} // namespace detail

/// Runs the tests of a Boost.Test program in the sandbox, and returns the exit status for main:
/// Boost.Test's own (0, 200, 201), 77 where every test was skipped, 2 where a variable has a bad
/// value, else that of the re-executed process, whose signal is mirrored.
///
/// The variables are those of `settings`. Every skip is listed on standard error with its reason;
/// standard output ends with `session::closing_line` and the counts, `N passed, N failed,
/// N skipped`: test cases, those that a filter left out not among them.
[[nodiscard]] inline int boost_test_main(int argc, char** argv, const char* module_name) {
    namespace test = boost::unit_test;
    static std::string module;
    module = module_name;
    const auto name_module = [] {
        test::framework::master_test_suite().p_name.value = module;
        return true;
    };
    if (detail::only_asks(argc, argv))
        return test::unit_test_main(name_module, argc, argv);
    auto wanted = read_settings();
    if (!wanted.has_value()) {
        std::fprintf(stderr, "%s\n", wanted.error().c_str());
        return 2;
    }
    session& run = current_session();
    run.wanted = std::move(wanted.value());
    detail::enter_as_wanted(run, argv);
    detail::supervisor supervisor;
    test::framework::register_observer(supervisor);
    const int boosts_status = test::unit_test_main(name_module, argc, argv);
    test::framework::deregister_observer(supervisor);
    const tally& counts = supervisor.counts();
    const int status = detail::final_status(boosts_status, run, counts);
    std::fflush(stderr);
    std::printf("%s\n%s", run.closing_line().c_str(), counts.lines().c_str());
    std::fflush(stdout);
    return status;
}

} // namespace ovl::sandbox
