// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/metacopy_active.hpp>

#include "support/scripted_run.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>

using ovl::answer;
using ovl::reason;
using ovl_test::branch;
using ovl_test::scripted_world;

namespace {

const std::array branches{
    branch{"make_directory", EROFS, answer::unknown, reason::step_failed},
    branch{"make_directory", EACCES, answer::unknown, reason::access_denied},
    branch{"make_node", ENOSPC, answer::unknown, reason::no_space},
    branch{"mount", EINVAL, answer::unknown, reason::mount_refused},
    branch{"mount", EPERM, answer::unknown, reason::mount_not_permitted},
    branch{"mount", EACCES, answer::unknown, reason::mount_denied},
    branch{"set_mode", EROFS, answer::unknown, reason::step_failed},
    branch{"set_mode", EPERM, answer::unknown, reason::not_permitted},
    branch{"set_mode", EIO, answer::unknown, reason::input_output_error},
    branch{"set_mode", EINVAL, answer::unknown, reason::refused_as_invalid},
    branch{"get_xattr", ENOTSUP, answer::no, reason::metacopy_without_xattrs},
    branch{"get_xattr", EACCES, answer::unknown, reason::access_denied},
    branch{"get_xattr", EIO, answer::unknown, reason::input_output_error},
    branch{"get_xattr", ENOMEM, answer::unknown, reason::out_of_resources},
};

constexpr const char* metacopy = "upper/metacopy-active.f user.overlay.metacopy";

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(metacopy_active)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::metacopy_active>(sample);
}

BOOST_AUTO_TEST_CASE(a_state_cannot_be_told_where_nothing_can_be_written) {
    scripted_world world;
    world.files.read_only = true;
    world.files.errors["make_directory"] = EROFS;
    ovl_test::check(world.ask<ovl::metacopy_active>(), answer::unknown, reason::no_writable_mount);
    world.files.errors = {{"set_mode", EROFS}};
    ovl_test::check(world.ask<ovl::metacopy_active>(), answer::unknown, reason::no_writable_mount);
}

BOOST_AUTO_TEST_CASE(no_mark_is_off) {
    scripted_world world;
    const ovl::verdict found = world.ask<ovl::metacopy_active>();
    BOOST_TEST(found.is == answer::no);
    BOOST_TEST(found.because == reason::metacopy_off);
}

BOOST_AUTO_TEST_CASE(an_empty_mark_is_on_and_so_is_one_with_a_digest) {
    for (const std::string& mark : {std::string{}, std::string(36, '\x01')}) {
        scripted_world world;
        world.files.attributes[metacopy] = mark;
        const ovl::verdict found = world.ask<ovl::metacopy_active>();
        BOOST_TEST(found.is == answer::yes);
        BOOST_TEST(found.because == reason::metacopy_on);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
