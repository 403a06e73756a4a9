// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox/marker.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdlib>

using ovl::sandbox::level;
using ovl::sandbox::marker;
namespace detail = ovl::sandbox::detail;

BOOST_AUTO_TEST_SUITE(sandbox)
BOOST_AUTO_TEST_SUITE(marker_of_the_sandbox)

BOOST_AUTO_TEST_CASE(a_marker_survives_the_environment) {
    const auto read = marker::parse(marker{level::userns_self, 7, 8, 9}.text());
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST((read->active == level::userns_self));
    BOOST_TEST(read->process == 7);
    BOOST_TEST(read->outer_user_namespace == 8u);
    BOOST_TEST(read->outer_mount_namespace == 9u);
    for (const char* const bad : {"", "userns", "userns 7 8", "usernames 7 8 9", "userns x 8 9"})
        BOOST_TEST(!marker::parse(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(it_is_believed_only_where_process_and_namespaces_bear_it_out) {
    const auto user = detail::inode_of("/proc/self/ns/user");
    const auto mounts = detail::inode_of("/proc/self/ns/mnt");
    const long self = detail::own_pid();
    BOOST_TEST(detail::holds_here({level::userns, self, user + 1, mounts + 1}));
    BOOST_TEST(detail::holds_here({level::root, self, user, mounts + 1}));
    BOOST_TEST(!detail::holds_here({level::userns, self, user, mounts + 1}));
    BOOST_TEST(!detail::holds_here({level::userns, self, user + 1, mounts}));
    BOOST_TEST(!detail::holds_here({level::userns, self + 1, user + 1, mounts + 1}));
}

BOOST_AUTO_TEST_CASE(it_is_taken_out_of_the_environment) {
    const marker true_one{level::userns, detail::own_pid(), 1, 1};
    ::setenv(ovl::sandbox::marker_variable, true_one.text().c_str(), 1);
    BOOST_TEST((ovl::sandbox::take_marker() == level::userns));
    BOOST_TEST(!ovl::sandbox::take_marker().has_value());
    ::setenv(ovl::sandbox::marker_variable, "userns 0 1 1", 1);
    BOOST_TEST(!ovl::sandbox::take_marker().has_value());
    BOOST_TEST((std::getenv(ovl::sandbox::marker_variable) == nullptr));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
