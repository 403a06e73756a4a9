// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/rename_flags.hpp>

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
    branch{"write_file a", ENOSPC, answer::unknown, reason::no_space},
    // The control fails as well, so that the flag is not the cause.
    branch{"rename", EINVAL, answer::unknown, reason::refused_as_invalid},
    branch{"rename", EPERM, answer::unknown, reason::not_permitted},
    branch{"rename", ENOSPC, answer::unknown, reason::no_space},
    branch{"status a", EIO, answer::unknown, reason::input_output_error},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(rename_flags)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::rename_whiteout>(sample);
    ovl_test::check_branch<ovl::rename_exchange>(sample);
}

BOOST_AUTO_TEST_CASE(flags_that_are_unknown_are_a_no) {
    const ovl_test::flagless_fs fs;
    check_verdict(ovl_test::ask_here<ovl::rename_whiteout>(fs), answer::no,
                  reason::rename_whiteout_missing);
    check_verdict(ovl_test::ask_here<ovl::rename_exchange>(fs), answer::no,
                  reason::rename_exchange_missing);
}

BOOST_AUTO_TEST_CASE(flags_without_effect_are_a_no) {
    const ovl_test::idle_rename_fs fs;
    check_verdict(ovl_test::ask_here<ovl::rename_whiteout>(fs), answer::no,
                  reason::rename_whiteout_missing);
    check_verdict(ovl_test::ask_here<ovl::rename_exchange>(fs), answer::no,
                  reason::rename_exchange_missing);
}

BOOST_AUTO_TEST_CASE(ext4, *precondition(ovl_test::needs_loop_filesystem{"ext4"})) {
    const ovl_test::loop_filesystem made{"ext4"};
    check_verdict(ovl::does_support_rename_whiteout<ovl::rootful>(made.path()), answer::yes,
                  reason::rename_whiteout_offered);
    check_verdict(ovl::does_support_rename_exchange<ovl::rootful>(made.path()), answer::yes,
                  reason::rename_exchange_offered);
}

BOOST_AUTO_TEST_CASE(ramfs_knows_no_whiteouts, *precondition(ovl::sandbox::needs_root{})) {
    const ovl_test::mounted_directory made{"ramfs", "mode=0755"};
    check_verdict(ovl::does_support_rename_whiteout<ovl::rootful>(made.path()), answer::no,
                  reason::rename_whiteout_missing);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
