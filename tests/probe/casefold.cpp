// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/casefold.hpp>

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
    branch{"set_casefold", EOPNOTSUPP, answer::no, reason::casefold_missing},
    branch{"set_casefold", ENOTTY, answer::no, reason::casefold_missing},
    branch{"set_casefold", EINVAL, answer::no, reason::casefold_missing},
    branch{"set_casefold", EPERM, answer::unknown, reason::not_permitted},
    branch{"make_directory bottom", ENOSPC, answer::unknown, reason::no_space},
    branch{"set_casefold bottom", EIO, answer::unknown, reason::input_output_error},
    branch{"write_file bottom/name", ENOSPC, answer::unknown, reason::no_space},
    branch{"status bottom/NAME", ENOENT, answer::no, reason::casefold_missing},
    branch{"status bottom/NAME", EIO, answer::unknown, reason::input_output_error},
    branch{"status NAME", ENOENT, answer::no, reason::casefold_layers_refused},
    branch{"status NAME", EREMOTE, answer::no, reason::casefold_layers_refused},
    branch{"status NAME", EIO, answer::unknown, reason::input_output_error},
    // Nothing can be mounted, so that the layers are not the cause.
    branch{"mount", EINVAL, answer::unknown, reason::mount_refused},
    branch{"mount", EPERM, answer::unknown, reason::mount_not_permitted},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(casefold)

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::casefold>(sample);
}

BOOST_AUTO_TEST_CASE(where_all_goes_well) {
    check_verdict(ovl_test::scripted_world{}.ask<ovl::casefold>(), answer::yes,
                  reason::casefold_layers_work);
}

/// Before Linux 6.18.
BOOST_AUTO_TEST_CASE(refused_as_layers_alone) {
    const auto ask = [](int error_number, std::size_t mounts) {
        ovl_test::scripted_world world;
        world.mounts.refuse_first(1, error_number);
        const ovl::verdict found = world.ask<ovl::casefold>();
        BOOST_TEST(world.mounts.asked.size() == mounts);
        return found;
    };
    check_verdict(ask(EINVAL, 2), answer::no, reason::casefold_layers_refused);
    check_verdict(ask(ENOMEM, 1), answer::unknown, reason::out_of_resources);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
