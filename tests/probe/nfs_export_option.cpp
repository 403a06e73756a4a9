// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/nfs_export_option.hpp>

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
    branch{"encode_handle", EOPNOTSUPP, answer::no, reason::option_without_effect},
    branch{"encode_handle", EIO, answer::unknown, reason::input_output_error},
    branch{"encode_handle", EPERM, answer::unknown, reason::not_permitted},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(nfs_export_option)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::nfs_export_option>(sample);
}

BOOST_AUTO_TEST_CASE(a_handle_is_yes) {
    scripted_world world;
    check(world.ask<ovl::nfs_export_option>(), answer::yes, reason::option_works);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.front(), "nfs_export=on"));
}

BOOST_AUTO_TEST_CASE(a_refused_option_is_no) {
    scripted_world world;
    world.refuse_option("nfs_export=on", EINVAL);
    check(world.ask<ovl::nfs_export_option>(), answer::no, reason::option_refused);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
