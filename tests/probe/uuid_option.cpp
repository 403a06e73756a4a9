// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/uuid_option.hpp>

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
    branch{"get_xattr", ENOTSUP, answer::no, reason::no_xattrs},
    branch{"get_xattr", EIO, answer::unknown, reason::input_output_error},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(uuid_option)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::uuid_option>(sample);
}

BOOST_AUTO_TEST_CASE(an_identity_on_the_upper_is_yes_and_none_is_no) {
    scripted_world world;
    check(world.ask<ovl::uuid_option>(), answer::no, reason::uuid_not_kept);
    world.files.attributes["upper user.overlay.uuid"] = std::string(16, 'u');
    check(world.ask<ovl::uuid_option>(), answer::yes, reason::option_works);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.front(), "uuid=on"));
}

BOOST_AUTO_TEST_CASE(a_refused_option_is_no) {
    for (const int error : {EINVAL, EPERM, EACCES}) {
        scripted_world world;
        world.refuse_option("uuid=on", error);
        check(world.ask<ovl::uuid_option>(), answer::no, reason::option_refused);
    }
}

BOOST_AUTO_TEST_CASE(an_option_whose_mount_fails_otherwise_is_no_answer) {
    scripted_world world;
    world.refuse_option("uuid=on", ENOSPC);
    check(world.ask<ovl::uuid_option>(), answer::unknown, reason::no_space);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
