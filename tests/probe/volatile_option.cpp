// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/volatile_option.hpp>

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
    branch{"make_directory upper", ENOSPC, answer::unknown, reason::no_space},
    branch{"make_directory upper", EROFS, answer::unknown, reason::step_failed},
};

/// The `first`th mount and all after it fail.
void refuse_from(scripted_world& world, int first, int error_number) {
    world.mounts.refuses =
        [=, made = 0](const ovl_test::asked_options&) mutable -> std::optional<ovl::failure> {
        if (++made < first)
            return std::nullopt;
        return ovl_test::mount_failure(error_number);
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(volatile_option)

BOOST_AUTO_TEST_CASE(a_second_mount_that_is_refused_is_yes) {
    scripted_world world;
    refuse_from(world, 2, EINVAL);
    check(world.ask<ovl::volatile_option>(), answer::yes, reason::volatile_works);
}

BOOST_AUTO_TEST_CASE(a_second_mount_that_works_is_no) {
    scripted_world world;
    check(world.ask<ovl::volatile_option>(), answer::no, reason::volatile_not_guarded);
}

BOOST_AUTO_TEST_CASE(a_kernel_without_it_is_no) {
    scripted_world world;
    world.refuse_option("volatile", EINVAL);
    check(world.ask<ovl::volatile_option>(), answer::no, reason::option_refused);
}

BOOST_AUTO_TEST_CASE(what_fails_on_the_way_is_unknown) {
    scripted_world world;
    world.refuse_mounts(EPERM);
    check(world.ask<ovl::volatile_option>(), answer::unknown, reason::mount_not_permitted);
    refuse_from(world, 2, EMFILE);
    check(world.ask<ovl::volatile_option>(), answer::unknown, reason::out_of_resources);
}

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::volatile_option>(sample);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
