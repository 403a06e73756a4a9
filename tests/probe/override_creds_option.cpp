// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/override_creds_option.hpp>

#include "support/scripted_run.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>

using ovl::answer;
using ovl::reason;
using ovl_test::branch;
using ovl_test::scripted_world;

using ovl_test::check;

namespace {} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(override_creds_option)

BOOST_AUTO_TEST_CASE(accepted_is_yes) {
    scripted_world world;
    check(world.ask<ovl::override_creds_option>(), answer::yes, reason::option_works);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.front(), "override_creds"));
}

BOOST_AUTO_TEST_CASE(refused_is_no) {
    scripted_world world;
    world.refuse_option("override_creds", EINVAL);
    check(world.ask<ovl::override_creds_option>(), answer::no, reason::option_refused);
}

BOOST_AUTO_TEST_CASE(where_no_mount_works_it_is_unknown) {
    scripted_world world;
    world.refuse_mounts(EPERM);
    check(world.ask<ovl::override_creds_option>(), answer::unknown, reason::mount_not_permitted);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
