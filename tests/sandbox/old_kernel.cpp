// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox/old_kernel.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdio>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <sys/mount.h>
#include <thread>
#include <unistd.h>

namespace test = boost::unit_test;
using ovl::sandbox::run_in_child;

namespace {

/// How many of the calls answer ENOSYS to arguments that no kernel accepts.
int absent_calls() {
    int absent = 0;
    for (const auto number : ovl::sandbox::new_mount_calls)
        absent +=
            ::syscall(static_cast<long>(number), -1, -1, -1, -1, -1, -1) == -1 && errno == ENOSYS
                ? 1
                : 0;
    return absent;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sandbox)
BOOST_AUTO_TEST_SUITE(old_kernel)

BOOST_AUTO_TEST_CASE(the_new_calls_are_gone_in_every_thread_and_child) {
    const auto ended = run_in_child([] {
        std::printf("%d", absent_calls());
        if (ovl::sandbox::deny_new_mount_calls() != 0)
            return 1;
        const int all = static_cast<int>(ovl::sandbox::new_mount_calls.size());
        int in_thread = 0;
        std::thread{[&] { in_thread = absent_calls(); }}.join();
        const auto in_child = run_in_child([] { return absent_calls(); });
        if (absent_calls() != all || in_thread != all)
            return 2;
        return in_child.has_value() && in_child.value().exited_with(all) ? 0 : 3;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
    const bool already_old =
        ovl::sandbox::current_session().active == ovl::sandbox::level::old_kernel;
    BOOST_WARN_MESSAGE(already_old || std::stoi(ended.value().output) < 10,
                       "this kernel has none of the calls to begin with");
}

BOOST_AUTO_TEST_CASE(mount_and_the_rest_go_on_working,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    const auto ended = run_in_child([] {
        if (ovl::enter_user_namespace() || ovl::sandbox::deny_new_mount_calls() != 0)
            return 1;
        // Twice is no error either.
        if (ovl::sandbox::deny_new_mount_calls() != 0)
            return 2;
        return ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) == 0 && ::umount("/tmp") == 0 ? 0 : 3;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
