// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/itself.hpp"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdlib>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace test = boost::unit_test;

namespace {

boost::test_tools::assertion_result never(test::test_unit_id) {
    boost::test_tools::assertion_result no{false};
    no.message() << "the moon is down";
    return no;
}

/// Runs acts of the suite below, names separated by commas.
ovl::sandbox::outcome run_acts(const std::string& names, std::vector<std::string> environment) {
    return ovl_test::run_itself("boost_test_main_acts/" + names, std::move(environment));
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

} // namespace

/// What the program is made to run of itself below. Not run otherwise.
BOOST_AUTO_TEST_SUITE(boost_test_main_acts, *test::disabled())

BOOST_AUTO_TEST_CASE(passes) {
    BOOST_TEST(true);
}
BOOST_AUTO_TEST_CASE(fails) {
    BOOST_TEST(false);
}
BOOST_AUTO_TEST_CASE(is_skipped, *test::precondition(never)) {
    BOOST_TEST(false);
}
BOOST_AUTO_TEST_CASE(is_skipped_too, *test::precondition(never)) {
    BOOST_TEST(false);
}
BOOST_AUTO_TEST_CASE(hangs) {
    for (;;)
        ::pause();
}
BOOST_AUTO_TEST_CASE(spins) {
    for (std::atomic<int> turns = 0;; ++turns)
        ;
}
BOOST_AUTO_TEST_CASE(is_killed) {
    ::raise(SIGKILL);
}
BOOST_AUTO_TEST_CASE(crashes) {
    ::raise(SIGSEGV);
}
BOOST_AUTO_TEST_CASE(leaves_a_mount) {
    BOOST_TEST(::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) == 0);
}
BOOST_AUTO_TEST_CASE(leaves_scratch) {
    const std::string directory = ::getenv("TMPDIR");
    ovl::sandbox::watch_directory(directory);
    BOOST_TEST(::mkdir((directory + "/.ovl-probe-0").c_str(), 0700) == 0);
}
BOOST_AUTO_TEST_CASE(leaves_scratch_unwatched) {
    BOOST_TEST(::access((std::string{::getenv("TMPDIR")} + "/.ovl-probe-0").c_str(), F_OK) != 0);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sandbox)
BOOST_AUTO_TEST_SUITE(boost_test_main)

BOOST_AUTO_TEST_CASE(the_counts_leave_out_what_a_filter_left_out) {
    const auto ended = run_acts("passes,fails,is_skipped", {"OVL_SANDBOX=off"});
    BOOST_TEST(ended.exited_with(201), ended.describe());
    BOOST_TEST(ended.output.ends_with("\nSANDBOX: off\n1 passed, 1 failed, 1 skipped\n"),
               ended.output);
    BOOST_TEST(contains(ended.errors, "skipped: \"boost_test_main_acts/is_skipped\": "
                                      "the moon is down\n"),
               ended.errors);
}

BOOST_AUTO_TEST_CASE(success_is_0_and_all_skipped_is_77) {
    BOOST_TEST(run_acts("passes", {"OVL_SANDBOX=off"}).exited_with(0));
    BOOST_TEST(run_acts("passes,is_skipped", {"OVL_SANDBOX=off"}).exited_with(0));
    const auto skipped = run_acts("is_skipped,is_skipped_too", {"OVL_SANDBOX=off"});
    BOOST_TEST(skipped.exited_with(77), skipped.describe());
    BOOST_TEST(skipped.output.ends_with("\n0 passed, 0 failed, 2 skipped\n"), skipped.output);
    BOOST_TEST(run_acts("no_such_case", {"OVL_SANDBOX=off"}).exited_with(200));
}

BOOST_AUTO_TEST_CASE(require_makes_an_unexpected_skip_a_failure,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    const std::string userns = "OVL_SANDBOX_LEVEL=userns";
    const auto failed = run_acts("passes,is_skipped", {"OVL_SANDBOX=require", userns});
    BOOST_TEST(failed.exited_with(201), failed.describe());
    BOOST_TEST(contains(failed.errors, "error: skipped, and OVL_SANDBOX=require: "
                                       "\"boost_test_main_acts/is_skipped\": the moon is down"),
               failed.errors);
    BOOST_TEST(contains(failed.output, "\nSANDBOX: active level=userns\n"
                                       "1 passed, 0 failed, 1 skipped\n"),
               failed.output);
    const auto expected = run_acts("passes,is_skipped",
                                   {"OVL_SANDBOX=require", userns, "OVL_EXPECTED_SKIPS=x,*/is_*"});
    BOOST_TEST(expected.exited_with(0), expected.describe());
}

BOOST_AUTO_TEST_CASE(a_refused_sandbox_is_told_and_under_require_a_failure,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    // In a user namespace nobody is true root, so that the level is refused there.
    const auto run_where_it_is_refused = [](const char* policy) {
        return ovl::sandbox::run_in_child([policy] {
            if (ovl::enter_user_namespace())
                return 1;
            ::setenv("OVL_SANDBOX", policy, 1);
            ::setenv("OVL_SANDBOX_LEVEL", "root", 1);
            return ::execl("/proc/self/exe", "ovl-tests", "--run_test=boost_test_main_acts/passes",
                           nullptr);
        });
    };
    const std::string line =
        "\nSANDBOX: UNAVAILABLE stage=mount-namespace errno=EPERM cause=not-root fix=sudo\n"
        "1 passed, 0 failed, 0 skipped\n";
    const auto tolerated = run_where_it_is_refused("auto");
    BOOST_REQUIRE(tolerated.has_value());
    BOOST_TEST(tolerated.value().exited_with(0), tolerated.value().describe());
    BOOST_TEST(tolerated.value().output.ends_with(line), tolerated.value().output);
    const auto required = run_where_it_is_refused("require");
    BOOST_REQUIRE(required.has_value());
    BOOST_TEST(required.value().exited_with(201), required.value().describe());
    BOOST_TEST(required.value().output.ends_with(line), required.value().output);
}

BOOST_AUTO_TEST_CASE(the_time_limit_ends_a_test_that_hangs) {
    for (const char* const endless : {"hangs", "spins"}) {
        const auto ended = run_acts(std::string{"passes,is_skipped,"} + endless,
                                    {"OVL_SANDBOX=off", "OVL_SANDBOX_TIME_LIMIT=1"});
        BOOST_TEST(ended.exited_with(201), ended.describe());
        BOOST_TEST((ended.elapsed < std::chrono::seconds{20}));
        BOOST_TEST(contains(ended.errors, std::string{"error: in \"boost_test_main_acts/"} +
                                              endless + "\": the time limit of 1 s was reached"),
                   ended.errors);
        BOOST_TEST(ended.output.ends_with("SANDBOX: off\n1 passed, 1 failed, 1 skipped\n"),
                   ended.output);
    }
}

BOOST_AUTO_TEST_CASE(a_signal_is_mirrored,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    for (const char* const level : {"userns", "pid"}) {
        const auto ended = run_acts("is_killed", {std::string{"OVL_SANDBOX_LEVEL="} + level});
        BOOST_TEST(ended.killed_by(SIGKILL), level << ": " << ended.describe());
    }
}

BOOST_AUTO_TEST_CASE(a_case_that_a_crash_kept_from_running_has_not_passed) {
    // Boost.Test tells of the crash out of the signal's handler.
    const auto ended = run_acts("crashes,leaves_a_mount",
                                {"OVL_SANDBOX=off", "ASAN_OPTIONS=handle_segv=0",
                                 "TSAN_OPTIONS=exitcode=0:handle_segv=0:report_signal_unsafe=0"});
    BOOST_TEST(ended.exited_with(201), ended.describe());
    BOOST_TEST(contains(ended.output, "1 not run: the program ended early\n"
                                      "0 passed, 1 failed, 0 skipped\n"),
               ended.output);
}

BOOST_AUTO_TEST_CASE(what_a_test_leaves_fails_that_test,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    const auto mounted = run_acts("leaves_a_mount,passes", {});
    BOOST_TEST(mounted.exited_with(201), mounted.describe());
    BOOST_TEST(contains(mounted.output, "1 passed, 1 failed, 0 skipped"), mounted.output);
    BOOST_TEST(contains(mounted.output + mounted.errors, "left mounted: "));
    const auto scratch = run_acts("leaves_scratch", {});
    BOOST_TEST(scratch.exited_with(201), scratch.describe());
    BOOST_TEST(contains(scratch.output + scratch.errors, "left behind: "));
    // Watching ends with the test, and so does a sandbox's tmpfs with the program.
    BOOST_TEST(run_acts("leaves_scratch_unwatched", {}).exited_with(0));
}

BOOST_AUTO_TEST_CASE(a_bad_variable_is_one_line_and_status_2) {
    const auto ended = run_acts("passes", {"OVL_SANDBOX=maybe"});
    BOOST_TEST(ended.exited_with(2), ended.describe());
    BOOST_TEST(ended.errors == "OVL_SANDBOX='maybe': must be auto, require or off\n");
    BOOST_TEST(ended.output.empty());
}

BOOST_AUTO_TEST_CASE(a_question_to_the_program_is_answered_in_place) {
    for (const char* const question : {"--list_content", "--help"}) {
        const auto ended = ovl::sandbox::run_command(
            {{"/proc/self/exe", question}, {"OVL_SANDBOX_LEVEL=no-such-level"}});
        BOOST_REQUIRE(ended.has_value());
        BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
        BOOST_TEST(!contains(ended.value().output, "SANDBOX:"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
