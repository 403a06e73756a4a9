// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/xattrs.hpp>

#include "support/filesystem_variants.hpp"
#include "support/mounted_directory.hpp"
#include "support/scripted_run.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using boost::unit_test::precondition;
using ovl::answer;
using ovl::reason;
using ovl_test::branch;
using ovl_test::check_verdict;

namespace {

const std::array attribute_branches{
    branch{"make_directory d", EDQUOT, answer::unknown, reason::no_space},
    branch{"set_xattr", ENOTSUP, answer::no, reason::no_xattrs},
    branch{"set_xattr", EPERM, answer::unknown, reason::not_permitted},
    branch{"set_xattr", ENOSPC, answer::unknown, reason::no_space},
    branch{"get_xattr", EIO, answer::unknown, reason::input_output_error},
};

const std::array acl_branches{
    branch{"set_xattr", ENOTSUP, answer::no, reason::posix_acl_missing},
    branch{"set_xattr", EPERM, answer::unknown, reason::not_permitted},
    branch{"get_xattr", EIO, answer::unknown, reason::input_output_error},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(xattrs)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(attribute_branches)) {
    ovl_test::check_branch<ovl::xattrs>(sample);
}

BOOST_DATA_TEST_CASE(where_one_thing_fails_with_lists, boost::unit_test::data::make(acl_branches)) {
    ovl_test::check_branch<ovl::posix_acl>(sample);
}

BOOST_AUTO_TEST_CASE(an_attribute_that_comes_back_is_a_yes) {
    ovl_test::scripted_world world;
    world.files.attributes["d user.overlay.mark"] = "y";
    check_verdict(world.ask<ovl::xattrs>(), answer::yes, reason::xattrs_carried);
}

BOOST_AUTO_TEST_CASE(an_attribute_that_does_not_come_back_is_a_no) {
    ovl_test::scripted_world world;
    check_verdict(world.ask<ovl::xattrs>(), answer::no, reason::no_xattrs);
    check_verdict(world.ask<ovl::posix_acl>(), answer::no, reason::posix_acl_missing);
    world.files.attributes["d user.overlay.mark"] = "other";
    check_verdict(world.ask<ovl::xattrs>(), answer::no, reason::no_xattrs);
}

BOOST_AUTO_TEST_CASE(ramfs_has_neither, *precondition(ovl::sandbox::needs_root{})) {
    const ovl_test::mounted_directory made{"ramfs", "mode=0755"};
    check_verdict(ovl::does_support_xattrs<ovl::rootful>(made.path()), answer::no,
                  reason::no_xattrs);
    check_verdict(ovl::does_support_posix_acl<ovl::rootful>(made.path()), answer::no,
                  reason::posix_acl_missing);
}

BOOST_AUTO_TEST_CASE(tmpfs_has_lists, *precondition(ovl::sandbox::needs_sandbox{})) {
    const ovl_test::mounted_directory made{"tmpfs", "mode=0755"};
    check_verdict(ovl::does_support_posix_acl<ovl::rootless>(made.path()), answer::yes,
                  reason::posix_acl_carried);
}

BOOST_AUTO_TEST_CASE(ext4_has_both, *precondition(ovl_test::needs_loop_filesystem{"ext4"})) {
    const ovl_test::loop_filesystem made{"ext4"};
    check_verdict(ovl::does_support_xattrs<ovl::rootful>(made.path()), answer::yes,
                  reason::xattrs_carried);
    check_verdict(ovl::does_support_xattrs<ovl::rootless>(made.path()), answer::yes,
                  reason::xattrs_carried);
    check_verdict(ovl::does_support_posix_acl<ovl::rootful>(made.path()), answer::yes,
                  reason::posix_acl_carried);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
