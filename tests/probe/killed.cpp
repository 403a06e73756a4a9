// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/expected_answers.hpp"
#include "support/kernel_version.hpp"
#include "support/kill_at_call.hpp"
#include "support/temporary_directory.hpp"

#include <ovl/sandbox/leftovers.hpp>
#include <ovl/sandbox/preconditions.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

using boost::unit_test::precondition;
using ovl_test::temporary_directory;

namespace {

/// How many calls there are from one that is killed to the next. In a guest, where each costs a
/// hundred times as much, the runs of the eight policy sets together kill at every one.
int calls_apart() {
    return std::getenv("OVL_GUEST") != nullptr ? 8 : 1;
}

/// Each run begins with the call after the one that the run before began with.
int first_call() {
    static int runs = 0;
    return 1 + runs++ % calls_apart();
}

/// Kills a run of the three probes at every one of its system calls. After each, no mount may be
/// left, and the next run must answer as if nothing had been, and leave nothing.
template <ovl::policies P>
void check_killed_anywhere() {
    const temporary_directory base;
    const auto mounts = ovl::sandbox::current_mounts();
    const int apart = calls_apart();
    int left_something = 0;
    int calls = first_call();
    const auto ask = [&] { static_cast<void>(ovl_test::ask_all<P>(base.path())); };
    for (; ovl_test::killed_at_call(calls, ask); calls += apart) {
        BOOST_TEST_CONTEXT("killed at call " << calls) {
            BOOST_TEST(
                ovl::sandbox::changes_of_mounts(mounts, ovl::sandbox::current_mounts()).empty());
            left_something += ovl_test::entries_of(base.path()).empty() ? 0 : 1;
            ovl_test::check_answers<P>(base.path(), ovl_test::ordinary);
            BOOST_REQUIRE(ovl_test::entries_of(base.path()).empty());
        }
    }
    BOOST_TEST(calls > 50, "the run was not killed where it works");
    BOOST_TEST(left_something > 20 / apart);
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(killed)

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(at_every_call_leaves_no_mount_and_is_swept, P,
                              ovl_test::user_policies) {
    check_killed_anywhere<P>();
}

BOOST_TEST_DECORATOR(*precondition(ovl::sandbox::needs_root{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(as_root_at_every_call_leaves_no_mount_and_is_swept, P,
                              ovl_test::trusted_policies) {
    check_killed_anywhere<P>();
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
