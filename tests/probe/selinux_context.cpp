// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/selinux_context.hpp>

#include "support/filesystem_variants.hpp"
#include "support/scripted_run.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstddef>
#include <string>

using ovl::answer;
using ovl::reason;
using ovl_test::branch;
using ovl_test::check_verdict;
using ovl_test::scripted_world;

namespace {

const std::array branches{
    branch{"make_directory lower1", ENOSPC, answer::unknown, reason::no_space},
    branch{"get_xattr security.selinux", EIO, answer::unknown, reason::input_output_error},
    branch{"mount", EACCES, answer::unknown, reason::mount_denied},
};

const std::string merged_file =
    std::string{ovl::merged_path("selinux-context", "f").view()} + " security.selinux";
constexpr const char* option = "context=u:object_r:t:s0";

/// SELinux is on, and the directory has a label with categories, as in a container.
scripted_world labelled() {
    scripted_world world;
    world.files.attributes[". security.selinux"] = std::string{"u:object_r:t:s0:c1,c2\0", 22};
    return world;
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(selinux_context)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::selinux_context>(sample, labelled());
}

BOOST_AUTO_TEST_CASE(off_is_a_no) {
    if (ovl::read_security_modules().label_is_of_selinux())
        return; // On, though its filesystem is hidden; the cases below are this one's.
    scripted_world world;
    world.files.errors["status /sys/fs/selinux/enforce"] = ENOENT;
    check_verdict(world.ask<ovl::selinux_context>(), answer::no, reason::selinux_off);
}

BOOST_AUTO_TEST_CASE(the_label_of_the_directory_is_asked_for_without_its_categories) {
    scripted_world world = labelled();
    world.files.attributes[merged_file] = "u:object_r:t:s0";
    check_verdict(world.ask<ovl::selinux_context>(), answer::yes, reason::selinux_context_works);
    BOOST_REQUIRE(world.mounts.asked.size() == 1u);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.front(), option));
}

BOOST_AUTO_TEST_CASE(a_label_that_does_not_show_is_a_no) {
    scripted_world world = labelled();
    world.files.attributes[merged_file] = "u:object_r:other_t:s0";
    check_verdict(world.ask<ovl::selinux_context>(), answer::no, reason::option_without_effect);
}

BOOST_AUTO_TEST_CASE(a_label_that_cannot_be_read_is_no_answer) {
    scripted_world world = labelled();
    world.files.attributes[merged_file] = std::string(std::size_t{1} << 17, 'x');
    const ovl::verdict found = world.ask<ovl::selinux_context>();
    check_verdict(found, answer::unknown, reason::step_failed);
    BOOST_REQUIRE(found.evidence.has_value());
    BOOST_TEST(found.evidence->error_number == ERANGE);
}

BOOST_AUTO_TEST_CASE(an_option_that_is_refused_is_a_no) {
    scripted_world world = labelled();
    world.refuse_option(option, EACCES);
    check_verdict(world.ask<ovl::selinux_context>(), answer::no, reason::selinux_context_refused);
    world.refuse_option(option, ENOMEM);
    check_verdict(world.ask<ovl::selinux_context>(), answer::unknown, reason::out_of_resources);
}

/// A filesystem without labels is mounted with one that policies have in common.
BOOST_AUTO_TEST_CASE(a_label_of_the_directory_is_not_needed) {
    scripted_world world;
    world.files.errors["get_xattr security.selinux"] = ENOTSUP;
    static_cast<void>(world.ask<ovl::selinux_context>());
    BOOST_TEST(world.mounts.asked.size() == 1u);
    world.files.errors["get_xattr security.selinux"] = EACCES;
    check_verdict(world.ask<ovl::selinux_context>(), answer::unknown, reason::access_denied);
    BOOST_TEST(world.mounts.asked.size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
