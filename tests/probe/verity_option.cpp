// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/verity_option.hpp>

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
    branch{"enable_verity", ENOTTY, answer::no, reason::verity_unsupported},
    branch{"enable_verity", EOPNOTSUPP, answer::no, reason::verity_unsupported},
    branch{"enable_verity", EIO, answer::unknown, reason::input_output_error},
    branch{"enable_verity", ENOSPC, answer::unknown, reason::no_space},
    branch{"read_file", EACCES, answer::unknown, reason::access_denied},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(verity_option)

BOOST_AUTO_TEST_CASE(a_file_without_digest_that_cannot_be_opened_is_yes) {
    scripted_world world;
    world.files.errors["read_file"] = EIO;
    check(world.ask<ovl::verity_option>(), answer::yes, reason::option_works);
    BOOST_TEST(ovl_test::asks_for(world.mounts.asked.front(), "verity=require"));
}

BOOST_AUTO_TEST_CASE(one_that_opens_all_the_same_is_no) {
    scripted_world world;
    check(world.ask<ovl::verity_option>(), answer::no, reason::option_without_effect);
}

BOOST_AUTO_TEST_CASE(a_refused_option_is_no) {
    scripted_world world;
    world.refuse_option("verity=require", EINVAL);
    check(world.ask<ovl::verity_option>(), answer::no, reason::option_refused);
}

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::verity_option>(sample);
}

BOOST_AUTO_TEST_CASE(an_option_whose_mount_fails_otherwise_is_no_answer) {
    ovl_test::scripted_world world;
    world.refuse_option("verity=require", ENOMEM);
    ovl_test::check(world.ask<ovl::verity_option>(), answer::unknown, reason::out_of_resources);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
