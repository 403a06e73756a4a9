// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/errno_name.hpp>

#include <boost/test/unit_test.hpp>
#include <set>

using ovl::detail::errno_name;

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(errno_names)

BOOST_AUTO_TEST_CASE(a_number_has_the_kernels_name) {
    BOOST_TEST(errno_name(18) == "EXDEV");
    BOOST_TEST(errno_name(1) == "EPERM");
    BOOST_TEST(errno_name(38) == "ENOSYS");
    BOOST_TEST(errno_name(66) == "EREMOTE");
    BOOST_TEST(errno_name(95) == "ENOTSUP");
}

BOOST_AUTO_TEST_CASE(one_without_a_name_stays_a_number) {
    BOOST_TEST(errno_name(4242) == "errno 4242");
    BOOST_TEST(errno_name(0) == "errno 0");
    BOOST_TEST(errno_name(-1) == "errno -1");
}

BOOST_AUTO_TEST_CASE(no_number_and_no_name_stands_there_twice) {
    std::set<int> numbers;
    std::set<std::string_view> names;
    for (const auto& entry : ovl::detail::errno_names) {
        BOOST_TEST(numbers.insert(entry.number).second, entry.name);
        BOOST_TEST(names.insert(entry.name).second, entry.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
