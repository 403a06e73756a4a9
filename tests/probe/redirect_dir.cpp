// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/redirect_dir.hpp>

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
    branch{"rename", EIO, answer::unknown, reason::input_output_error},
    branch{"rename", EPERM, answer::unknown, reason::not_permitted},
    branch{"get_xattr", EACCES, answer::unknown, reason::access_denied},
    branch{"make_directory", EROFS, answer::unknown, reason::step_failed},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(redirect_dir)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::redirect_dir_active>(sample);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_on) {
    scripted_world world;
    world.files.attributes["upper/redirect-dir-active.d2 user.overlay.redirect"] = "d1";
    check(world.ask<ovl::redirect_dir_active>(), answer::yes, reason::state_on);
}

BOOST_AUTO_TEST_CASE(exdev_or_no_redirect_is_off) {
    scripted_world world;
    check(world.ask<ovl::redirect_dir_active>(), answer::no, reason::state_off);
    world.files.errors["rename"] = EXDEV;
    check(world.ask<ovl::redirect_dir_active>(), answer::no, reason::state_off);
}

BOOST_AUTO_TEST_CASE(the_option_works_where_it_leaves_a_redirect) {
    scripted_world world;
    check(world.ask<ovl::redirect_dir_option>(), answer::no, reason::option_without_effect);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.front(), "redirect_dir=on"));
    world.files.attributes["upper/redirect-dir.d2 user.overlay.redirect"] = "d1";
    check(world.ask<ovl::redirect_dir_option>(), answer::yes, reason::option_works);
    world.files.errors["rename"] = EIO;
    check(world.ask<ovl::redirect_dir_option>(), answer::unknown, reason::input_output_error);
}

BOOST_AUTO_TEST_CASE(a_refused_option_is_no) {
    scripted_world world;
    world.refuse_option("redirect_dir=on", EPERM);
    check(world.ask<ovl::redirect_dir_option>(), answer::no, reason::option_refused);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
