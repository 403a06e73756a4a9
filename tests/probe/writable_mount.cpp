// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/writable_mount.hpp>

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
    branch{"make_directory", EROFS, answer::unknown, reason::step_failed},
    branch{"make_directory", EACCES, answer::unknown, reason::access_denied},
    branch{"write_file", ENOSPC, answer::unknown, reason::no_space},
    branch{"mount", EPERM, answer::no, reason::mount_not_permitted},
    branch{"mount", EACCES, answer::no, reason::mount_denied},
    branch{"mount", EINVAL, answer::no, reason::mount_refused},
    branch{"mount", ENODEV, answer::unknown, reason::overlay_missing},
    branch{"mount", ENOMEM, answer::unknown, reason::out_of_resources},
    branch{"make_node mount.new", EROFS, answer::unknown, reason::step_failed},
    branch{"make_node mount.new", EIO, answer::unknown, reason::input_output_error},
};

const std::array on_the_way{
    branch{"set_mode", EPERM, answer::unknown, reason::not_permitted},
    branch{"read_file", EIO, answer::unknown, reason::input_output_error},
    branch{"remove_file mount.g", EPERM, answer::unknown, reason::not_permitted},
    branch{"status mount.g", EIO, answer::unknown, reason::input_output_error},
    branch{"remove_directory mount.d", EIO, answer::unknown, reason::input_output_error},
    branch{"make_directory mount.d", EIO, answer::unknown, reason::input_output_error},
    branch{"make_directory mount.d", ENOSPC, answer::unknown, reason::no_space},
};

/// A kernel on which all goes well.
scripted_world working() {
    scripted_world world;
    world.files.contents["mount.f"] = "data";
    world.files.errors["status mount.g"] = ENOENT;
    return world;
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(writable_mount)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::writable_mount>(sample);
}

BOOST_AUTO_TEST_CASE(a_mount_that_does_all_is_yes) {
    check(working().ask<ovl::writable_mount>(), answer::yes, reason::writable_mount_works);
}

BOOST_AUTO_TEST_CASE(a_mount_that_fails_before_the_kernel_is_asked_is_no_answer) {
    auto world = working();
    world.mounts.refuses = [](const ovl_test::asked_options&) -> std::optional<ovl::failure> {
        return ovl::failure{
            .where = ovl::step::enter_namespace, .call = "unshare", .error_number = EINVAL};
    };
    check(world.ask<ovl::writable_mount>(), answer::unknown, reason::refused_as_invalid);
}

BOOST_AUTO_TEST_CASE(a_copy_without_its_data_is_no) {
    auto world = working();
    world.files.contents["mount.f"] = "";
    check(world.ask<ovl::writable_mount>(), answer::no, reason::copy_up_lost_data);
}

BOOST_AUTO_TEST_CASE(a_deleted_file_that_is_still_there_is_no) {
    auto world = working();
    world.files.errors.erase("status mount.g");
    check(world.ask<ovl::writable_mount>(), answer::no, reason::deletion_still_listed);
}

BOOST_AUTO_TEST_CASE(where_something_fails_on_the_way) {
    for (const branch& each : on_the_way)
        ovl_test::check_branch<ovl::writable_mount>(each, working());
}

BOOST_AUTO_TEST_CASE(eio_where_the_mark_cannot_be_set_is_no) {
    auto world = working();
    world.files.errors["make_directory mount.d"] = EIO;
    world.files.errors["set_xattr user.overlay.opaque"] = EPERM;
    check(world.ask<ovl::writable_mount>(), answer::no, reason::lower_directory_not_replaced);
    world.files.errors["set_xattr user.overlay.opaque"] = ENOTSUP;
    check(world.ask<ovl::writable_mount>(), answer::no, reason::no_xattrs);
}

BOOST_AUTO_TEST_CASE(an_overlay_cannot_hold_an_upper) {
    auto world = working();
    world.files.magic = 0x794C7630;
    world.refuse_mounts(EINVAL);
    check(world.ask<ovl::writable_mount>(), answer::no, reason::overlay_on_overlay);
}

/// Only EIO may be due to what the upper layer takes no mark for.
BOOST_AUTO_TEST_CASE(a_directory_that_is_denied_is_no_answer) {
    scripted_world world = working();
    world.files.errors["remove_directory mount.d"] = EACCES;
    world.files.errors["set_xattr user.overlay.opaque"] = EPERM;
    check(world.ask<ovl::writable_mount>(), answer::unknown, reason::access_denied);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
