// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/nested_xattr_escape.hpp>

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
    branch{"set_xattr", EPERM, answer::no, reason::mark_not_escaped},
    branch{"set_xattr", EOPNOTSUPP, answer::no, reason::mark_not_escaped},
    branch{"set_xattr", EIO, answer::unknown, reason::input_output_error},
    branch{"get_xattr", EIO, answer::unknown, reason::input_output_error},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(nested_xattr_escape)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::nested_xattr_escape>(sample);
}

BOOST_AUTO_TEST_CASE(an_escaped_mark_is_yes_and_none_is_no) {
    scripted_world world;
    check(world.ask<ovl::nested_xattr_escape>(), answer::no, reason::mark_not_escaped);
    world.files.attributes["upper/nested-xattr-escape.d user.overlay.overlay.opaque"] = "y";
    check(world.ask<ovl::nested_xattr_escape>(), answer::yes, reason::mark_escaped);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
