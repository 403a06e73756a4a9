// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/file_handles.hpp>

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
    branch{"make_directory d", ENOSPC, answer::unknown, reason::no_space},
    branch{"encode_handle", EOPNOTSUPP, answer::no, reason::file_handles_missing},
    branch{"encode_handle", EPERM, answer::unknown, reason::not_permitted},
    branch{"encode_handle", EIO, answer::unknown, reason::input_output_error},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(file_handles)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::file_handles>(sample);
}

BOOST_AUTO_TEST_CASE(tmpfs_encodes_them, *precondition(ovl::sandbox::needs_sandbox{})) {
    check_verdict(ovl_test::ask_here<ovl::file_handles>(), answer::yes,
                  reason::file_handles_encoded);
}

BOOST_AUTO_TEST_CASE(ramfs_does_not, *precondition(ovl::sandbox::needs_root{})) {
    const ovl_test::mounted_directory made{"ramfs", "mode=0755"};
    check_verdict(ovl::does_support_file_handles<ovl::rootful>(made.path()), answer::no,
                  reason::file_handles_missing);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
