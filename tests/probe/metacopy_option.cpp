// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/metacopy_option.hpp>

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
    branch{"mount", EPERM, answer::unknown, reason::mount_not_permitted},
    branch{"set_mode", EIO, answer::unknown, reason::input_output_error},
    branch{"get_xattr", ENOTSUP, answer::no, reason::metacopy_without_xattrs},
    branch{"get_xattr", EACCES, answer::unknown, reason::access_denied},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(metacopy_option)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::metacopy_option>(sample);
}

BOOST_AUTO_TEST_CASE(a_mark_is_yes_and_none_is_no) {
    scripted_world world;
    check(world.ask<ovl::metacopy_option>(), answer::no, reason::option_without_effect);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.front(), "metacopy=on"));
    world.files.attributes["upper/metacopy.f user.overlay.metacopy"] = "";
    check(world.ask<ovl::metacopy_option>(), answer::yes, reason::option_works);
}

BOOST_AUTO_TEST_CASE(refused_while_the_mount_without_it_works_is_no) {
    scripted_world world;
    world.refuse_option("metacopy=on", EINVAL, "conflicting options");
    const ovl::verdict found = world.ask<ovl::metacopy_option>();
    check(found, answer::no, reason::option_refused);
    BOOST_TEST(found.evidence->kernel_message == "conflicting options");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
