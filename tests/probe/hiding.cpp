// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/hiding.hpp>

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
    branch{"make_node lower2/whiteout-device.f", EPERM, answer::no, reason::mark_refused},
    branch{"make_node lower1/whiteout-device.f", EPERM, answer::unknown, reason::not_permitted},
    branch{"make_node lower2/whiteout-device.f", ENOSPC, answer::unknown, reason::no_space},
    branch{"mount", EINVAL, answer::unknown, reason::mount_refused},
    branch{"status whiteout-device.f", EIO, answer::unknown, reason::input_output_error},
};

void hide(scripted_world& world) {
    world.files.errors.clear();
    for (const char* entry : {"whiteout-device.f", "whiteout-xattr.d/f", "opaque.d/f"})
        world.files.errors[std::string{"status "} + entry] = ENOENT;
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(hiding)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::whiteout_device>(sample);
}

BOOST_AUTO_TEST_CASE(what_is_not_shown_is_hidden) {
    scripted_world world;
    hide(world);
    check(world.ask<ovl::whiteout_device>(), answer::yes, reason::hidden);
    check(world.ask<ovl::whiteout_xattr>(), answer::yes, reason::hidden);
    check(world.ask<ovl::opaque_directory>(), answer::yes, reason::hidden);
}

BOOST_AUTO_TEST_CASE(what_is_shown_is_not) {
    scripted_world world;
    check(world.ask<ovl::whiteout_device>(), answer::no, reason::not_hidden);
    check(world.ask<ovl::whiteout_xattr>(), answer::no, reason::not_hidden);
    check(world.ask<ovl::opaque_directory>(), answer::no, reason::not_hidden);
}

BOOST_AUTO_TEST_CASE(a_layer_that_refuses_the_mark_is_no) {
    for (const int error : {EPERM, EACCES, EINVAL}) {
        scripted_world world;
        world.files.errors["set_xattr"] = error;
        check(world.ask<ovl::whiteout_xattr>(), answer::no, reason::mark_refused);
        check(world.ask<ovl::opaque_directory>(), answer::no, reason::mark_refused);
    }
}

BOOST_AUTO_TEST_CASE(a_layer_that_refuses_an_entry_like_any_other_tells_nothing) {
    scripted_world world;
    world.files.errors["make_directory lower2/whiteout-xattr.d"] = EPERM;
    world.files.errors["make_node lower1/opaque.d/f"] = EACCES;
    check(world.ask<ovl::whiteout_xattr>(), answer::unknown, reason::not_permitted);
    check(world.ask<ovl::opaque_directory>(), answer::unknown, reason::access_denied);
}

BOOST_AUTO_TEST_CASE(a_filesystem_without_attributes_is_named) {
    scripted_world world;
    world.files.errors["set_xattr"] = ENOTSUP;
    check(world.ask<ovl::whiteout_xattr>(), answer::no, reason::no_xattrs);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
