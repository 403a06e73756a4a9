// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/reflink.hpp>

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

const std::array branches{
    branch{"write_file from", ENOSPC, answer::unknown, reason::no_space},
    branch{"clone_file", EOPNOTSUPP, answer::no, reason::reflink_missing},
    branch{"clone_file", ENOTTY, answer::no, reason::reflink_missing},
    branch{"clone_file", EINVAL, answer::no, reason::reflink_missing},
    branch{"clone_file", ENOSPC, answer::unknown, reason::no_space},
    branch{"clone_file", EIO, answer::unknown, reason::input_output_error},
    branch{"read_file", EIO, answer::unknown, reason::input_output_error},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(reflink)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::reflink>(sample);
}

/// What a scripted filesystem holds is empty.
BOOST_AUTO_TEST_CASE(a_clone_that_holds_something_else_is_a_no) {
    ovl_test::scripted_world world;
    check_verdict(world.ask<ovl::reflink>(), answer::no, reason::reflink_missing);
}

BOOST_AUTO_TEST_CASE(xfs_without_reflink, *precondition(ovl_test::needs_loop_filesystem{"xfs"})) {
    const ovl_test::loop_filesystem made{"xfs", {"-m", "reflink=0"}};
    check_verdict(ovl::does_support_reflink<ovl::rootful>(made.path()), answer::no,
                  reason::reflink_missing_xfs);
}

BOOST_AUTO_TEST_CASE(xfs_with_reflink, *precondition(ovl_test::needs_loop_filesystem{"xfs"})) {
    const ovl_test::loop_filesystem made{"xfs", {"-m", "reflink=1"}};
    check_verdict(ovl::does_support_reflink<ovl::rootful>(made.path()), answer::yes,
                  reason::reflink_offered);
}

BOOST_AUTO_TEST_CASE(btrfs, *precondition(ovl_test::needs_loop_filesystem{"btrfs"})) {
    const ovl_test::loop_filesystem made{"btrfs"};
    check_verdict(ovl::does_support_reflink<ovl::rootful>(made.path()), answer::yes,
                  reason::reflink_offered);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
