// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/userxattr_mount.hpp>

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

namespace {

const std::array branches{
    branch{"mount", EPERM, answer::no, reason::mount_not_permitted},
    branch{"mount", EINVAL, answer::unknown, reason::mount_refused},
    branch{"remove_directory userxattr.d", EIO, answer::unknown, reason::input_output_error},
    branch{"make_directory userxattr.d", EIO, answer::unknown, reason::input_output_error},
    branch{"make_directory userxattr.d", ENOSPC, answer::unknown, reason::no_space},
    branch{"make_directory userxattr.d", EROFS, answer::unknown, reason::step_failed},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(userxattr_mount)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::userxattr_mount>(sample);
}

BOOST_AUTO_TEST_CASE(a_directory_that_can_be_replaced_is_yes) {
    scripted_world world;
    check(world.ask<ovl::userxattr_mount>(), answer::yes, reason::option_works);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.front(), "userxattr"));
}

BOOST_AUTO_TEST_CASE(refused_while_the_mount_without_it_works_is_no) {
    scripted_world world;
    world.refuse_option("userxattr", EINVAL);
    check(world.ask<ovl::userxattr_mount>(), answer::no, reason::option_refused);
}

BOOST_AUTO_TEST_CASE(the_runtimes_own_options_play_no_part) {
    scripted_world world;
    world.refuse_option("metacopy=on", EINVAL);
    check(world.ask<ovl::userxattr_mount>({.metacopy = ovl::toggle::on}), answer::yes,
          reason::option_works);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
