// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/helper_thread.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>
#include <thread>
#include <unistd.h>

using ovl::detail::on_helper_thread;

namespace {

std::string working_directory() {
    char path[4096];
    return ::getcwd(path, sizeof path) != nullptr ? path : "";
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_AUTO_TEST_SUITE(helper_thread)

BOOST_AUTO_TEST_CASE(has_a_working_directory_of_its_own) {
    const std::string before = working_directory();
    const auto self = std::this_thread::get_id();
    std::string inside;
    const auto ran = on_helper_thread(CLONE_FS, [&]() -> ovl::result<void> {
        BOOST_TEST((std::this_thread::get_id() != self));
        if (::chdir("/proc") != 0)
            return ovl::fail_with_errno("chdir");
        inside = working_directory();
        return {};
    });
    BOOST_TEST(ran.has_value());
    BOOST_TEST(inside == "/proc");
    BOOST_TEST(working_directory() == before);
}

BOOST_AUTO_TEST_CASE(has_every_signal_blocked_and_leaves_the_callers_as_they_were) {
    sigset_t before;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &before);
    sigset_t inside;
    ::sigemptyset(&inside);
    const auto ran = on_helper_thread(0, [&]() -> ovl::result<void> {
        ::pthread_sigmask(SIG_SETMASK, nullptr, &inside);
        return {};
    });
    BOOST_TEST(ran.has_value());
    sigset_t after;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &after);
    for (const int signal : {SIGTERM, SIGCHLD, SIGALRM, SIGUSR1, SIGINT}) {
        BOOST_TEST(::sigismember(&inside, signal) == 1);
        BOOST_TEST(::sigismember(&after, signal) == ::sigismember(&before, signal));
    }
}

BOOST_AUTO_TEST_CASE(fails_as_the_work_does_and_where_it_cannot_begin) {
    const auto failed = on_helper_thread(
        0, []() -> ovl::result<void> { return ovl::fail({.call = "x", .error_number = EXDEV}); });
    BOOST_REQUIRE(!failed.has_value());
    BOOST_TEST(failed.error().error_number == EXDEV);
    bool ran = false;
    constexpr int no_such_flag = 0x1; // within CSIGNAL, which unshare(2) refuses
    const auto refused = on_helper_thread(no_such_flag, [&]() -> ovl::result<void> {
        ran = true;
        return {};
    });
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().call == "unshare");
    BOOST_TEST(refused.error().error_number == EINVAL);
    BOOST_TEST((refused.error().where == ovl::step::enter_namespace));
    BOOST_TEST(!ran);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
