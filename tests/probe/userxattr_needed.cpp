// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/userxattr_needed.hpp>

#include "support/scripted_run.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <utility>

using ovl::answer;
using ovl::reason;
using ovl_test::branch;
using ovl_test::check;
using ovl_test::scripted_world;

namespace {

const std::array branches{
    branch{"make_directory", EROFS, answer::unknown, reason::step_failed},
    branch{"make_directory", EACCES, answer::unknown, reason::access_denied},
    branch{"make_directory lower1", ENOSPC, answer::unknown, reason::no_space},
    branch{"mount", EACCES, answer::unknown, reason::mount_denied},
    branch{"mount", ENODEV, answer::unknown, reason::overlay_missing},
    branch{"remove_directory userxattr-needed.d", EROFS, answer::unknown, reason::step_failed},
    branch{"remove_directory userxattr-needed.d", EPERM, answer::unknown, reason::not_permitted},
    branch{"remove_directory userxattr-needed.d", ENOSPC, answer::unknown, reason::no_space},
    branch{"make_directory userxattr-needed.d", EINVAL, answer::unknown,
           reason::refused_as_invalid},
    branch{"make_directory userxattr-needed.d", ENOSPC, answer::unknown, reason::no_space},
};

/// Replacing a lower directory fails as it does without the trusted class.
scripted_world crippled(const char* operation = "make_directory userxattr-needed.d") {
    scripted_world world;
    world.files.errors[operation] = EIO;
    return world;
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(userxattr_needed)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::userxattr_needed>(sample);
}

BOOST_AUTO_TEST_CASE(a_mount_that_works_in_full_needs_none) {
    scripted_world world;
    check(world.ask<ovl::userxattr_needed>(), answer::no, reason::works_without_userxattr);
    BOOST_REQUIRE(world.mounts.asked.size() == 1u);
    BOOST_TEST(!ovl_test::asks_for(world.mounts.asked.front(), "userxattr"),
               "the question is whether it works without");
}

BOOST_AUTO_TEST_CASE(eio_out_of_reach_of_the_trusted_class_is_yes) {
    for (const char* operation :
         {"make_directory userxattr-needed.d", "remove_directory userxattr-needed.d"}) {
        scripted_world world = crippled(operation);
        world.files.errors["set_xattr trusted.ovl-probe"] = EPERM;
        const ovl::verdict found = world.ask<ovl::userxattr_needed>();
        check(found, answer::yes, reason::crippled_without_userxattr);
        BOOST_TEST(found.evidence->error_number == EIO);
    }
}

BOOST_AUTO_TEST_CASE(another_error_is_no_sign_of_a_class_out_of_reach) {
    for (const char* operation :
         {"make_directory userxattr-needed.d", "remove_directory userxattr-needed.d"}) {
        scripted_world world;
        world.files.errors[operation] = ENOSPC;
        world.files.errors["set_xattr trusted.ovl-probe"] = EPERM;
        check(world.ask<ovl::userxattr_needed>(), answer::unknown, reason::no_space);
    }
}

BOOST_AUTO_TEST_CASE(needed_where_the_filesystem_cannot_carry_it_is_yes_and_says_so) {
    scripted_world world = crippled();
    world.files.errors["set_xattr trusted.ovl-probe"] = EPERM;
    world.files.errors["set_xattr user.ovl-probe"] = ENOTSUP;
    const ovl::verdict found = world.ask<ovl::userxattr_needed>();
    check(found, answer::yes, reason::needed_but_no_user_xattrs);
    BOOST_TEST(found.evidence->error_number == ENOTSUP);
    BOOST_TEST(found.why().find("6.6") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(eio_where_no_attribute_can_be_set_at_all_is_no_answer) {
    scripted_world world = crippled();
    world.files.errors["set_xattr"] = ENOTSUP;
    check(world.ask<ovl::userxattr_needed>(), answer::unknown, reason::no_writable_mount);
}

BOOST_AUTO_TEST_CASE(eio_where_the_trusted_class_works_is_an_error_of_the_disk) {
    scripted_world world = crippled();
    check(world.ask<ovl::userxattr_needed>(), answer::unknown, reason::input_output_error);
}

BOOST_AUTO_TEST_CASE(refused_without_and_not_with_it_is_yes) {
    for (const int error : {EINVAL, EPERM, EACCES}) {
        scripted_world world;
        world.mounts.refuses =
            [=](const ovl_test::asked_options& asked) -> std::optional<ovl::failure> {
            if (ovl_test::asks_for(asked, "userxattr"))
                return std::nullopt;
            return ovl::failure{.where = ovl::step::mount, .error_number = error};
        };
        const ovl::verdict found = world.ask<ovl::userxattr_needed>();
        check(found, answer::yes, reason::refused_without_userxattr);
        BOOST_TEST(found.evidence->error_number == error);
    }
}

BOOST_AUTO_TEST_CASE(refused_with_it_and_without_is_told_by_where_one_is) {
    const auto inside = ovl::running_in_user_namespace();
    BOOST_REQUIRE(inside.has_value());
    for (const auto& [error, outside] : {std::pair{EINVAL, reason::mount_refused},
                                         std::pair{EPERM, reason::mount_not_permitted}}) {
        scripted_world world;
        world.refuse_mounts(error);
        check(world.ask<ovl::userxattr_needed>(), answer::unknown,
              inside.value() ? reason::userxattr_unsupported : outside);
    }
}

BOOST_AUTO_TEST_CASE(on_an_overlay_there_is_no_such_state) {
    scripted_world world;
    world.files.magic = 0x794C7630;
    world.refuse_mounts(EINVAL);
    check(world.ask<ovl::userxattr_needed>(), answer::unknown, reason::no_writable_mount);
}

BOOST_AUTO_TEST_CASE(the_runtimes_own_options_do_not_matter) {
    scripted_world world;
    check(world.ask<ovl::userxattr_needed>({.metacopy = ovl::toggle::on, .userxattr = true}),
          answer::no, reason::works_without_userxattr);
    BOOST_TEST(!ovl_test::asks_for(world.mounts.asked.front(), "userxattr"));
    BOOST_TEST(!ovl_test::asks_for(world.mounts.asked.front(), "metacopy=on"));
}

/// A filesystem without the trusted class says nothing of the other.
BOOST_AUTO_TEST_CASE(what_only_one_class_meets_explains_nothing) {
    ovl_test::scripted_world world;
    world.files.errors["remove_directory userxattr-needed.d"] = EIO;
    world.files.errors["set_xattr trusted.ovl-probe"] = ENOTSUP;
    world.files.errors["set_xattr user.ovl-probe"] = EPERM;
    ovl_test::check(world.ask<ovl::userxattr_needed>(), answer::unknown,
                    reason::input_output_error);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
