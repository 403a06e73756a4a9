// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/report/report.hpp>

#include "support/print.hpp"

#include <boost/test/unit_test.hpp>

using ovl::answer;
using ovl::capability;

BOOST_AUTO_TEST_SUITE(report)
BOOST_AUTO_TEST_SUITE(report_value)

BOOST_AUTO_TEST_CASE(a_verdict_is_found_by_its_capability) {
    ovl::report about;
    about.verdicts = {ovl::give(capability::xino, answer::no, ovl::reason::option_without_effect),
                      ovl::give(capability::uuid, answer::yes, ovl::reason::option_works)};
    BOOST_REQUIRE(about.find(capability::uuid) != nullptr);
    BOOST_TEST(about.find(capability::uuid)->because == ovl::reason::option_works);
    BOOST_TEST(about.says(capability::uuid, answer::yes));
    BOOST_TEST(!about.says(capability::uuid, answer::no));
    BOOST_TEST(about.says(capability::xino, answer::no));
}

BOOST_AUTO_TEST_CASE(what_was_not_asked_is_not_there_and_says_nothing) {
    const ovl::report about;
    BOOST_TEST(about.find(capability::mount) == nullptr);
    for (const answer any : {answer::yes, answer::no, answer::unknown})
        BOOST_TEST(!about.says(capability::mount, any));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
