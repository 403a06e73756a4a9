// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/make_user_namespace.hpp>

#include "support/refuse_calls.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using boost::unit_test::precondition;

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(make_user_namespace, *precondition(ovl::sandbox::needs_user_namespace{}))

BOOST_AUTO_TEST_CASE(it_is_another_namespace_and_nobody_is_left) {
    const auto ended = ovl::sandbox::run_in_child([] {
        const auto made = ovl::make_user_namespace(ovl::id_map::to_root());
        struct stat ours {};
        struct stat theirs {};
        if (!made.has_value() || ::fstat(made.value().get(), &theirs) != 0 ||
            ::stat("/proc/self/ns/user", &ours) != 0)
            return 1;
        if (ours.st_dev != theirs.st_dev || ours.st_ino == theirs.st_ino)
            return 2;
        return ::waitpid(-1, nullptr, __WALL) == -1 && errno == ECHILD ? 0 : 3;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_CASE(an_id_that_is_not_the_callers_is_refused,
                     *precondition(ovl::sandbox::needs_to_be_in_user_namespace{})) {
    const auto made = ovl::make_user_namespace({0, 0, 4242, 4242});
    BOOST_REQUIRE(!made.has_value());
    BOOST_TEST(made.error().error_number == EPERM);
    BOOST_TEST(made.error().call == "gid_map");
}

BOOST_AUTO_TEST_CASE(without_pidfds_the_child_is_ended_by_its_number) {
    constexpr long pidfd_send_signal = 424;
    constexpr unsigned p_pidfd = 3;
    const auto ended = ovl::sandbox::run_in_child([] {
        if (!ovl_test::refuse_call(pidfd_send_signal, ENOSYS) ||
            !ovl_test::refuse_call_with(SYS_waitid, 0, p_pidfd, EINVAL))
            return 1;
        if (!ovl::make_user_namespace(ovl::id_map::to_root()).has_value())
            return 2;
        return ::waitpid(-1, nullptr, __WALL) == -1 && errno == ECHILD ? 0 : 3;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

/// It is there until it is no longer wanted, though its read fails: here with EAGAIN.
BOOST_AUTO_TEST_CASE(the_holder_outlives_a_read_that_fails) {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, ends) == 0);
    const pid_t holder = ::fork();
    BOOST_REQUIRE(holder >= 0);
    if (holder == 0)
        ovl::detail::run_namespace_holder(ends[1], ends[0]);
    ::close(ends[1]);
    ::usleep(20'000);
    BOOST_TEST(::waitpid(holder, nullptr, WNOHANG) == 0);
    ::close(ends[0]);
    int status = -1;
    BOOST_TEST(::waitpid(holder, &status, 0) == holder);
    BOOST_TEST(status == 0);
}

BOOST_AUTO_TEST_CASE(a_filter_is_no_namespace) {
    const auto ended = ovl::sandbox::run_in_child([] {
        if (!ovl_test::refuse_user_namespaces())
            return 1;
        const auto made = ovl::make_user_namespace(ovl::id_map::to_root());
        return !made.has_value() && made.error().error_number == EPERM ? 0 : 2;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
