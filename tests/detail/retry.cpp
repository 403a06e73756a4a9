// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/retry.hpp>

#include <boost/test/unit_test.hpp>

using ovl::detail::retry;

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(retries)

BOOST_AUTO_TEST_CASE(calls_again_while_a_signal_interrupts_and_no_longer) {
    int calls = 0;
    const long returned = retry([&]() -> long {
        errno = EINTR;
        return ++calls < 3 ? -1 : 7;
    });
    BOOST_TEST(returned == 7);
    BOOST_TEST(calls == 3);
}

BOOST_AUTO_TEST_CASE(another_error_is_an_answer) {
    int calls = 0;
    const int returned = retry([&] {
        ++calls;
        errno = EAGAIN;
        return -1;
    });
    BOOST_TEST(returned == -1);
    BOOST_TEST(errno == EAGAIN);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_CASE(a_success_is_not_repeated_whatever_errno_holds) {
    errno = EINTR;
    int calls = 0;
    BOOST_TEST(retry([&] { return ++calls - 1; }) == 0);
    BOOST_TEST(calls == 1);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
