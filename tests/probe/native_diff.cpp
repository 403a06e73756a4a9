// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/native_diff.hpp>

#include "support/scripted_run.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <map>

using ovl::answer;
using ovl::reason;
using ovl_test::branch;
using ovl_test::check;
using ovl_test::scripted_world;

namespace {

/// Everything that can fail on the way, and none of it may be taken for an answer but what rules a
/// writable mount out.
const std::array branches{
    branch{"filesystem_status", EIO, answer::unknown, reason::input_output_error},
    branch{"make_directory", EACCES, answer::unknown, reason::access_denied},
    branch{"make_directory", EROFS, answer::unknown, reason::step_failed},
    branch{"make_directory", ENOSPC, answer::unknown, reason::no_space},
    branch{"make_directory", EDQUOT, answer::unknown, reason::no_space},
    branch{"make_directory", EMLINK, answer::unknown, reason::step_failed},
    branch{"make_directory upper", ENOSPC, answer::unknown, reason::no_space},
    branch{"open_within", EMFILE, answer::unknown, reason::out_of_resources},
    branch{"set_xattr", ENOTSUP, answer::no, reason::no_xattrs},
    branch{"set_xattr", EPERM, answer::unknown, reason::not_permitted},
    branch{"set_xattr", ENOSPC, answer::unknown, reason::no_space},
    branch{"mount", EINVAL, answer::unknown, reason::mount_refused},
    branch{"mount", EPERM, answer::unknown, reason::mount_not_permitted},
    branch{"mount", EACCES, answer::unknown, reason::mount_denied},
    branch{"mount", ENODEV, answer::unknown, reason::overlay_missing},
    branch{"mount", ENOSYS, answer::unknown, reason::mount_interface_missing},
    branch{"mount", E2BIG, answer::unknown, reason::interface_limit},
    branch{"mount", ENAMETOOLONG, answer::unknown, reason::interface_limit},
    branch{"mount", ENOMEM, answer::unknown, reason::out_of_resources},
    branch{"mount", ENFILE, answer::unknown, reason::out_of_resources},
    branch{"mount", EIO, answer::unknown, reason::input_output_error},
    branch{"mount", EROFS, answer::unknown, reason::step_failed},
    branch{"mount", ELOOP, answer::unknown, reason::step_failed},
    branch{"make_node native-diff.d/f", EROFS, answer::unknown, reason::step_failed},
    branch{"make_node native-diff.d/f", EACCES, answer::unknown, reason::access_denied},
    branch{"make_node native-diff.d/f", EPERM, answer::unknown, reason::not_permitted},
    branch{"make_node native-diff.d/f", EINVAL, answer::unknown, reason::refused_as_invalid},
    branch{"make_node native-diff.d/f", ENOSPC, answer::unknown, reason::no_space},
    branch{"make_node native-diff.d/f", EIO, answer::unknown, reason::input_output_error},
    branch{"get_xattr", EACCES, answer::unknown, reason::access_denied},
    branch{"get_xattr", EPERM, answer::unknown, reason::not_permitted},
    branch{"get_xattr", ENOTSUP, answer::no, reason::no_xattrs},
    branch{"get_xattr", EIO, answer::unknown, reason::input_output_error},
    branch{"get_xattr user.overlay.redirect", EACCES, answer::unknown, reason::access_denied},
    branch{"rename", EXDEV, answer::yes, reason::upper_is_the_diff},
    branch{"rename", EINVAL, answer::unknown, reason::refused_as_invalid},
    branch{"rename", EPERM, answer::unknown, reason::not_permitted},
    branch{"rename", EACCES, answer::unknown, reason::access_denied},
    branch{"rename", EROFS, answer::unknown, reason::step_failed},
    branch{"rename", EIO, answer::unknown, reason::input_output_error},
    branch{"rename", ENOSPC, answer::unknown, reason::no_space},
};

constexpr const char* opaque = "upper/native-diff.d user.overlay.opaque";
constexpr const char* redirect = "upper/native-diff.d2 user.overlay.redirect";
constexpr const char* metacopy = "upper/native-diff.f user.overlay.metacopy";

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(native_diff)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::native_diff>(sample);
}

BOOST_AUTO_TEST_CASE(a_place_that_is_read_only_is_no) {
    scripted_world world;
    world.files.read_only = true;
    world.files.errors["make_directory"] = EROFS;
    check(world.ask<ovl::native_diff>(), answer::no, reason::read_only_filesystem);
}

BOOST_AUTO_TEST_CASE(a_mount_that_came_up_read_only_is_no) {
    scripted_world world;
    world.files.read_only = true;
    world.files.errors["make_node native-diff.d/f"] = EROFS;
    check(world.ask<ovl::native_diff>(), answer::no, reason::mount_read_only);
    world.files.errors["make_node native-diff.d/f"] = EPERM;
    check(world.ask<ovl::native_diff>(), answer::unknown, reason::not_permitted);
}

BOOST_AUTO_TEST_CASE(a_rename_that_copies_is_fine) {
    scripted_world world;
    check(world.ask<ovl::native_diff>(), answer::yes, reason::upper_is_the_diff);
}

BOOST_AUTO_TEST_CASE(an_old_kernel_copies_opaque_up) {
    scripted_world world;
    world.files.attributes[opaque] = "y";
    world.files.errors["rename"] = EXDEV;
    const ovl::verdict found = world.ask<ovl::native_diff>();
    check(found, answer::no, reason::opaque_copied_up);
    BOOST_TEST(found.evidence->subject == "opaque=y");
    BOOST_TEST(found.why().find("4.8") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(another_value_of_opaque_is_no_mark) {
    for (const char* value : {"", "n", "yy", "x"}) {
        scripted_world world;
        world.files.attributes[opaque] = value;
        world.files.errors["rename"] = EXDEV;
        check(world.ask<ovl::native_diff>(), answer::yes, reason::upper_is_the_diff);
    }
}

BOOST_AUTO_TEST_CASE(a_redirect_is_told_with_its_value_and_where_it_comes_from) {
    scripted_world world;
    world.files.attributes[redirect] = "d1";
    const ovl::verdict found = world.ask<ovl::native_diff>();
    check(found, answer::no, reason::redirect_dir_on_by_parameter);
    BOOST_TEST(found.evidence->subject == "redirect=d1");
    check(world.ask<ovl::native_diff>({.redirect_dir = ovl::redirect_dir_mode::on}), answer::no,
          reason::redirect_dir_on);
}

BOOST_AUTO_TEST_CASE(a_redirect_that_metacopy_brought_is_told_apart) {
    scripted_world world;
    world.files.attributes[redirect] = "d1";
    world.files.attributes[metacopy] = "";
    check(world.ask<ovl::native_diff>(), answer::no, reason::redirect_dir_on_by_metacopy_parameter);
    check(world.ask<ovl::native_diff>({.metacopy = ovl::toggle::on}), answer::no,
          reason::redirect_dir_on_by_metacopy);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_told_even_where_metacopy_cannot_be) {
    for (const char* operation : {"set_mode", "get_xattr user.overlay.metacopy"}) {
        scripted_world world;
        world.files.attributes[redirect] = "d1";
        world.files.attributes[metacopy] = "";
        world.files.errors[operation] = EIO;
        check(world.ask<ovl::native_diff>({.redirect_dir = ovl::redirect_dir_mode::on}), answer::no,
              reason::redirect_dir_on);
    }
}

BOOST_AUTO_TEST_CASE(marks_of_the_other_class_say_nothing) {
    scripted_world world;
    world.files.attributes["upper/native-diff.d trusted.overlay.opaque"] = "y";
    world.files.attributes["upper/native-diff.d2 trusted.overlay.redirect"] = "d1";
    check(world.ask<ovl::native_diff>(), answer::yes, reason::upper_is_the_diff);
}

BOOST_AUTO_TEST_CASE(a_long_redirect_is_read_whole) {
    scripted_world world;
    world.files.attributes[redirect] = std::string(300, 'd');
    BOOST_TEST(world.ask<ovl::native_diff>().evidence->subject.size() == 300 + 9u);
}

BOOST_AUTO_TEST_CASE(on_an_overlay_a_refused_mount_is_no) {
    for (const int error : {EINVAL, EPERM, ENOTSUP}) {
        scripted_world world;
        world.files.magic = 0x794C7630;
        world.refuse_mounts(error);
        check(world.ask<ovl::native_diff>(), answer::no, reason::overlay_on_overlay);
    }
}

BOOST_AUTO_TEST_CASE(on_a_read_only_filesystem_it_is_no_whatever_fails_first) {
    for (const int error : {EROFS, EACCES, EPERM}) {
        scripted_world world;
        world.files.read_only = true;
        world.files.errors["make_directory"] = error;
        check(world.ask<ovl::native_diff>(), answer::no, reason::read_only_filesystem);
    }
}

BOOST_AUTO_TEST_CASE(a_kernel_without_volatile_is_asked_without) {
    scripted_world world;
    world.refuse_option("volatile", EINVAL);
    check(world.ask<ovl::native_diff>(), answer::yes, reason::upper_is_the_diff);
    BOOST_REQUIRE(world.mounts.asked.size() == 2u);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked[0], "volatile"));
    BOOST_TEST(!ovl_test::asks_for(world.mounts.asked[1], "volatile"));
    scripted_world failing;
    failing.refuse_option("volatile", ENOMEM);
    check(failing.ask<ovl::native_diff>(), answer::unknown, reason::out_of_resources);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
