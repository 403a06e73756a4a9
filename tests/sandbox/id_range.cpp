// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox/id_range.hpp>

#include <boost/test/unit_test.hpp>

using ovl::sandbox::subordinate_range;

BOOST_AUTO_TEST_SUITE(sandbox)
BOOST_AUTO_TEST_SUITE(id_range)

BOOST_AUTO_TEST_CASE(a_user_is_found_by_name_or_number) {
    constexpr std::string_view file = "root:1:2\nann:100000:65536\n1001:200000:1000";
    const auto by_name = subordinate_range(file, "ann", "1000");
    BOOST_REQUIRE(by_name.has_value());
    BOOST_TEST(by_name->first == 100000u);
    BOOST_TEST(by_name->count == 65536u);
    const auto by_number = subordinate_range(file, "bob", "1001");
    BOOST_REQUIRE(by_number.has_value());
    BOOST_TEST(by_number->first == 200000u);
    BOOST_TEST(by_number->count == 1000u);
    BOOST_TEST(!subordinate_range(file, "an", "1002").has_value());
    BOOST_TEST(!subordinate_range("", "ann", "1000").has_value());
}

BOOST_AUTO_TEST_CASE(lines_that_say_nothing_are_passed_over) {
    BOOST_TEST(!subordinate_range("ann\nann:\nann:x:5\nann:5\nann:5:0\n", "ann", "1").has_value());
    BOOST_TEST(subordinate_range("ann:5\nann:7:9\n", "ann", "1").value().first == 7u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
