// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/namespace_refusal.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <set>
#include <string_view>

using ovl::namespace_cause;
using ovl::namespace_refusal;
using ovl::namespace_stage;

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(namespace_refusals)

BOOST_AUTO_TEST_CASE(every_stage_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(namespace_stage::exec); ++i) {
        const std::string_view name = ovl::name(static_cast<namespace_stage>(i));
        BOOST_TEST(!name.empty(), i);
        BOOST_TEST(names.insert(name).second, name);
    }
    BOOST_TEST(ovl::name(namespace_stage::uid_map) == "uid_map");
    BOOST_TEST(ovl::name(namespace_stage::exec) == "exec");
}

BOOST_AUTO_TEST_CASE(the_line_says_stage_errno_cause_and_fix) {
    const namespace_refusal refused{.stage = namespace_stage::uid_map,
                                    .error_number = EPERM,
                                    .cause = namespace_cause::apparmor,
                                    .evidence = "the sysctl is 1",
                                    .fix = "sudo sysctl -w x=0"};
    BOOST_TEST(refused.line() == "stage=uid_map errno=EPERM cause=apparmor fix=sudo sysctl -w x=0");
    BOOST_TEST(refused.sentence() == ovl::text_of(namespace_cause::apparmor).sentence);
}

BOOST_AUTO_TEST_CASE(the_line_leaves_out_what_is_not_there) {
    const namespace_refusal bare{};
    BOOST_TEST(bare.line() == "stage=clone cause=unknown");
    namespace_refusal without_errno{};
    without_errno.stage = namespace_stage::capabilities;
    without_errno.cause = namespace_cause::not_root;
    BOOST_TEST(without_errno.line() == "stage=capabilities cause=not-root");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
