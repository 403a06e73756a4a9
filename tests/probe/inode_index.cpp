// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/inode_index.hpp>

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
BOOST_AUTO_TEST_SUITE(inode_index)

BOOST_AUTO_TEST_CASE(a_directory_in_the_workdir_is_on) {
    scripted_world world;
    check(world.ask<ovl::index_active>(), answer::yes, reason::state_on);
    check(world.ask<ovl::index_option>(), answer::yes, reason::option_works);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.back(), "index=on"));
}

BOOST_AUTO_TEST_CASE(none_is_off) {
    scripted_world world;
    world.files.errors["status work/index"] = ENOENT;
    check(world.ask<ovl::index_active>(), answer::no, reason::state_off);
    check(world.ask<ovl::index_option>(), answer::no, reason::option_without_effect);
}

BOOST_AUTO_TEST_CASE(one_that_cannot_be_looked_for_is_unknown) {
    scripted_world world;
    world.files.errors["status work/index"] = EIO;
    check(world.ask<ovl::index_active>(), answer::unknown, reason::input_output_error);
    check(world.ask<ovl::index_option>(), answer::unknown, reason::input_output_error);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
