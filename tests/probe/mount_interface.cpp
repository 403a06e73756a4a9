// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/mount_interface.hpp>

#include "support/answers_in_child.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>

using boost::unit_test::precondition;
using ovl_test::answer_after;

namespace {

using classic_rootless = ovl::policy_set<ovl::user_xattr, ovl::classic_mount, ovl::posix_fs>;

/// Linux 5.2 and later.
struct needs_fsopen {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id unit) const {
        auto sandbox = ovl::sandbox::needs_sandbox{}(unit);
        return !sandbox
                   ? sandbox
                   : ovl::sandbox::detail::met_if(ovl::fsopen_mount::available(), "needs fsopen");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(mount_interface, *precondition(ovl::sandbox::needs_sandbox{}))

BOOST_AUTO_TEST_CASE(without_the_calls_all_three_are_a_no) {
    using ovl_test::on_old_kernel;
    const std::string missing = "no new-mount-api-missing";
    BOOST_TEST((answer_after<ovl::rootless, ovl::new_mount_api>(on_old_kernel) == missing));
    BOOST_TEST((answer_after<ovl::rootless, ovl::detached_mount>(on_old_kernel) == missing));
    BOOST_TEST((answer_after<ovl::rootless, ovl::mount_log>(on_old_kernel) == missing));
}

BOOST_AUTO_TEST_CASE(each_of_the_calls_is_looked_for, *precondition(needs_fsopen{})) {
    for (const long call : {ovl::detail::sys_fsconfig, ovl::detail::sys_fsmount}) {
        const std::string found = answer_after<ovl::rootless, ovl::new_mount_api>(
            [=] { return ovl_test::refuse_call(call, ENOSYS); });
        BOOST_TEST(found == "no new-mount-api-missing");
    }
}

BOOST_AUTO_TEST_CASE(without_privilege_nothing_is_told, *precondition(needs_fsopen{})) {
    const auto refused = [] { return ovl_test::refuse_call(ovl::detail::sys_fsopen, EPERM); };
    const std::string unknown = "unknown mount-not-permitted";
    BOOST_TEST((answer_after<ovl::rootless, ovl::new_mount_api>(refused) == unknown));
    BOOST_TEST((answer_after<ovl::rootless, ovl::detached_mount>(refused) == unknown));
    BOOST_TEST((answer_after<ovl::rootless, ovl::mount_log>(refused) == unknown));
}

BOOST_AUTO_TEST_CASE(a_kernel_without_overlay_is_named, *precondition(needs_fsopen{})) {
    const auto missing = [] { return ovl_test::refuse_call(ovl::detail::sys_fsopen, ENODEV); };
    const std::string found = answer_after<ovl::rootless, ovl::new_mount_api>(missing);
    BOOST_TEST(found == "no overlay-missing");
}

/// A legacy context takes every key: Linux 5.2 to 6.4.
BOOST_AUTO_TEST_CASE(the_log_goes_with_native_options, *precondition(needs_fsopen{})) {
    const std::string api = answer_after<ovl::rootless, ovl::new_mount_api>(ovl_test::as_it_is);
    const std::string log = answer_after<ovl::rootless, ovl::mount_log>(ovl_test::as_it_is);
    if (api == "yes new-mount-api-native")
        BOOST_TEST(log == "yes mount-log-speaks");
    else {
        BOOST_TEST(api == "yes new-mount-api-legacy");
        BOOST_TEST(log == "no mount-log-silent");
    }
}

/// What takes every key, and what refuses one without a word, has no log.
BOOST_AUTO_TEST_CASE(a_log_that_says_nothing_is_a_no, *precondition(needs_fsopen{})) {
    for (const long call : {ovl::detail::sys_fsconfig, long{SYS_read}}) {
        const std::string log = answer_after<ovl::rootless, ovl::mount_log>(
            [=] { return ovl_test::refuse_call(call, 0); });
        BOOST_TEST(log == "no mount-log-silent");
    }
}

BOOST_AUTO_TEST_CASE(a_log_that_cannot_be_read_is_no_silence, *precondition(needs_fsopen{})) {
    const std::string log = answer_after<ovl::rootless, ovl::mount_log>(ovl_test::as_it_is);
    const std::string unread = answer_after<ovl::rootless, ovl::mount_log>(
        [] { return ovl_test::refuse_call(SYS_read, EIO); });
    BOOST_TEST(unread == (log == "yes mount-log-speaks" ? "unknown input-output-error" : log));
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_is_not_taken_for_one_that_refuses,
                     *precondition(needs_fsopen{})) {
    for (const long call : {ovl::detail::sys_fsconfig, ovl::detail::sys_fsmount}) {
        const std::string found = answer_after<ovl::rootless, ovl::new_mount_api>(
            [=] { return ovl_test::refuse_call(call, ENOMEM); });
        BOOST_TEST(found == "unknown out-of-resources");
    }
    const std::string log = answer_after<ovl::rootless, ovl::mount_log>(
        [] { return ovl_test::refuse_call(ovl::detail::sys_fsconfig, ENOMEM); });
    BOOST_TEST(log == "unknown out-of-resources");
}

/// Whatever backend the policies have.
BOOST_AUTO_TEST_CASE(a_detached_mount_is_read, *precondition(needs_fsopen{})) {
    using ovl_test::as_it_is;
    const std::string works = "yes detached-mount-works";
    BOOST_TEST((answer_after<ovl::rootless, ovl::detached_mount>(as_it_is) == works));
    BOOST_TEST((answer_after<classic_rootless, ovl::detached_mount>(as_it_is) == works));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
