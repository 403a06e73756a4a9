// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/d_type.hpp>

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
    branch{"make_directory", EROFS, answer::unknown, reason::step_failed},
    branch{"make_directory l", EDQUOT, answer::unknown, reason::no_space},
    branch{"write_file", ENOSPC, answer::unknown, reason::no_space},
    branch{"read_entries", ENOSPC, answer::unknown, reason::no_space},
    branch{"open_directory l", EMFILE, answer::unknown, reason::out_of_resources},
};

constexpr std::uint32_t ext4 = 0xEF53;
constexpr std::uint32_t tmpfs = 0x01021994;
constexpr std::uint32_t xfs = 0x58465342;

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(d_type)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::d_type>(sample);
}

BOOST_AUTO_TEST_CASE(types_are_told) {
    check_verdict(ovl_test::ask_here<ovl::d_type>(), answer::yes, reason::d_type_told);
}

BOOST_AUTO_TEST_CASE(no_types_are_a_no_with_the_fix_for_the_filesystem) {
    using ovl_test::untyped_fs;
    check_verdict(ovl_test::ask_here<ovl::d_type>(untyped_fs{{}, tmpfs}), answer::no,
                  reason::d_type_missing);
    check_verdict(ovl_test::ask_here<ovl::d_type>(untyped_fs{{}, ext4}), answer::no,
                  reason::d_type_missing_ext4);
    check_verdict(ovl_test::ask_here<ovl::d_type>(untyped_fs{{}, xfs}), answer::no,
                  reason::d_type_missing_xfs);
}

/// A scripted filesystem lists nothing.
BOOST_AUTO_TEST_CASE(what_is_not_listed_tells_nothing) {
    check_verdict(ovl_test::scripted_world{}.ask<ovl::d_type>(), answer::unknown,
                  reason::step_failed);
}

BOOST_AUTO_TEST_CASE(ext4_without_filetype,
                     *precondition(ovl_test::needs_loop_filesystem{"ext4"})) {
    const ovl_test::loop_filesystem made{"ext4", {"-O", "^filetype"}};
    check_verdict(ovl::does_support_d_type<ovl::rootful>(made.path()), answer::no,
                  reason::d_type_missing_ext4);
}

/// Which lists nothing that was made after the directory was opened.
BOOST_AUTO_TEST_CASE(btrfs, *precondition(ovl_test::needs_loop_filesystem{"btrfs"})) {
    const ovl_test::loop_filesystem made{"btrfs"};
    check_verdict(ovl::does_support_d_type<ovl::rootful>(made.path()), answer::yes,
                  reason::d_type_told);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
