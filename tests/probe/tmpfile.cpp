// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/tmpfile.hpp>

#include "support/filesystem_variants.hpp"
#include "support/scripted_run.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using ovl::answer;
using ovl::reason;
using ovl_test::branch;
using ovl_test::check_verdict;

namespace {

const std::array branches{
    branch{"make_unnamed", EOPNOTSUPP, answer::no, reason::tmpfile_missing},
    branch{"make_unnamed", EISDIR, answer::no, reason::tmpfile_missing},
    branch{"make_unnamed", EMFILE, answer::unknown, reason::out_of_resources},
    branch{"make_unnamed", ENOSPC, answer::unknown, reason::no_space},
    branch{"make_unnamed", EACCES, answer::unknown, reason::access_denied},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(tmpfile)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::tmpfile>(sample);
}

BOOST_AUTO_TEST_CASE(a_file_without_a_name_is_a_yes) {
    check_verdict(ovl_test::ask_here<ovl::tmpfile>(), answer::yes, reason::tmpfile_offered);
}

/// What a scripted filesystem opens is a directory.
BOOST_AUTO_TEST_CASE(something_else_is_a_no) {
    check_verdict(ovl_test::scripted_world{}.ask<ovl::tmpfile>(), answer::no,
                  reason::tmpfile_missing);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
