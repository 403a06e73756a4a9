// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/data_only_layers.hpp>

#include "support/faulty_fs.hpp"
#include "support/scripted_run.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>

using ovl::answer;
using ovl::reason;
using ovl_test::branch;
using ovl_test::mount_failure;
using ovl_test::scripted_world;

using ovl_test::check;

namespace {

const std::array branches{
    branch{"set_xattr", ENOTSUP, answer::no, reason::no_xattrs},
    branch{"set_xattr user.overlay.redirect", ENOSPC, answer::unknown, reason::no_space},
    branch{"write_file", ENOSPC, answer::unknown, reason::no_space},
    branch{"read_file", EACCES, answer::unknown, reason::access_denied},
    branch{"mount", EPERM, answer::unknown, reason::mount_not_permitted},
    branch{"mount", EMFILE, answer::unknown, reason::out_of_resources},
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(data_only_layers)

BOOST_AUTO_TEST_CASE(data_that_is_read_is_yes) {
    scripted_world world;
    world.files.contents["data-only-layers.f"] = "data";
    check(world.ask<ovl::data_only_layers>(), answer::yes, reason::data_layer_read);
}

BOOST_AUTO_TEST_CASE(holes_are_no) {
    scripted_world world;
    world.files.contents["data-only-layers.f"] = "hole";
    check(world.ask<ovl::data_only_layers>(), answer::no, reason::data_layer_not_read);
}

BOOST_AUTO_TEST_CASE(what_fails_with_metacopy_is_no_answer) {
    scripted_world world;
    world.mounts.refuses = [](const ovl_test::asked_options& asked) {
        return mount_failure(ovl_test::asks_for(asked, "metacopy=on") ? ENOMEM : EINVAL);
    };
    check(world.ask<ovl::data_only_layers>(), answer::unknown, reason::out_of_resources);
}

BOOST_AUTO_TEST_CASE(an_upper_layer_that_cannot_be_made_anew_is_no_answer) {
    scripted_world world;
    world.mounts.refuses = [&](const ovl_test::asked_options&) {
        world.files.errors["make_directory"] = ENOSPC;
        return mount_failure(EINVAL);
    };
    check(world.ask<ovl::data_only_layers>(), answer::unknown, reason::no_space);
}

BOOST_AUTO_TEST_CASE(a_kernel_that_needs_metacopy_is_told) {
    for (const int error : {EINVAL, EPERM, EACCES}) {
        scripted_world world;
        world.files.contents["data-only-layers.f"] = "data";
        world.mounts.refuses =
            [=](const ovl_test::asked_options& asked) -> std::optional<ovl::failure> {
            if (ovl_test::asks_for(asked, "metacopy=on"))
                return std::nullopt;
            return mount_failure(error);
        };
        check(world.ask<ovl::data_only_layers>(), answer::yes, reason::data_layer_needs_metacopy);
    }
}

BOOST_AUTO_TEST_CASE(a_first_mount_that_could_not_be_made_says_nothing_of_metacopy) {
    scripted_world world;
    world.files.contents["data-only-layers.f"] = "data";
    world.mounts.refuse_first(1, EMFILE);
    check(world.ask<ovl::data_only_layers>(), answer::unknown, reason::out_of_resources);
}

BOOST_AUTO_TEST_CASE(a_redirect_that_is_not_followed_is_no) {
    for (const int error : {EPERM, EIO}) {
        scripted_world world;
        world.files.errors["read_file"] = error;
        check(world.ask<ovl::data_only_layers>(), answer::no, reason::data_layer_not_read);
    }
}

BOOST_AUTO_TEST_CASE(a_read_that_fails_once_is_no_answer) {
    using fs = ovl_test::faulty_fs<ovl_test::scripted_fs>;
    using policies = ovl::policy_set<ovl::user_xattr, ovl_test::fake_mount, fs>;
    scripted_world world;
    world.files.contents["data-only-layers.f"] = "data";
    for (const int error : {EPERM, EIO}) {
        ovl_test::fault once{.error_number = error, .operation = "read_file"};
        const policies set{.mount = {&world.mounts}, .fs = {{&once}, {&world.files}}};
        check(ovl::run<policies, ovl::data_only_layers>(".", {}, set).front(), answer::yes,
              reason::data_layer_read);
    }
}

BOOST_DATA_TEST_CASE(where_one_thing_fails, boost::unit_test::data::make(branches)) {
    ovl_test::check_branch<ovl::data_only_layers>(sample);
}

BOOST_AUTO_TEST_CASE(refused_while_plain_layers_are_mounted_is_no) {
    for (const int error : {EINVAL, EPERM, EACCES}) {
        scripted_world world;
        world.mounts.refuse_first(2, error);
        check(world.ask<ovl::data_only_layers>(), answer::no, reason::option_refused);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
