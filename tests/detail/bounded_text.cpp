// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/bounded_text.hpp>

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <limits>
#include <string>

using ovl::detail::bounded_text;

static_assert(bounded_text<3>{"abc"}.view() == "abc", "it is a constant where its parts are");

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(bounded_texts)

BOOST_AUTO_TEST_CASE(holds_as_much_as_it_says_and_ends_in_a_nul) {
    bounded_text<6> text{"abc"};
    text.append('d').append("ef");
    BOOST_TEST(text.view() == "abcdef");
    BOOST_TEST(text.size() == 6U);
    BOOST_TEST(std::strlen(text.c_str()) == 6U);
    BOOST_TEST(!text.overflowed());
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_dropped_whole_and_remembered) {
    bounded_text<4> text{"abc"};
    text.append("de");
    BOOST_TEST(text.overflowed());
    BOOST_TEST(text.view() == "abc");
    text.append("d");
    BOOST_TEST(text.overflowed(), "a gap in the middle is never forgotten");
    BOOST_TEST(bounded_text<2>{"abc"}.overflowed());
    BOOST_TEST(bounded_text<0>{""}.size() == 0U);
}

BOOST_AUTO_TEST_CASE(numbers_are_decimal) {
    bounded_text<64> text;
    text.append_number(0)
        .append(' ')
        .append_number(1234567890)
        .append(' ')
        .append_number(std::numeric_limits<unsigned long>::max());
    BOOST_TEST(text.view() ==
               "0 1234567890 " + std::to_string(std::numeric_limits<unsigned long>::max()));
    bounded_text<2> small;
    small.append_number(100);
    BOOST_TEST(small.overflowed());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
