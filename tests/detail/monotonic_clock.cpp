// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/monotonic_clock.hpp>

#include <boost/test/unit_test.hpp>
#include <ctime>

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(monotonic_clock)

BOOST_AUTO_TEST_CASE(counts_microseconds) {
    const timespec pause{.tv_sec = 0, .tv_nsec = 20'000'000};
    const auto began = ovl::detail::monotonic_microseconds();
    ::nanosleep(&pause, nullptr);
    const auto spent = ovl::detail::monotonic_microseconds() - began;
    BOOST_TEST(spent >= 20'000);
    BOOST_TEST(spent < 20'000'000, "what is counted is not microseconds");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
