// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "plain_text.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ovlprobe_tool)
BOOST_AUTO_TEST_SUITE(plain_text)

BOOST_AUTO_TEST_CASE(well_formed_utf_8_and_what_only_looks_like_it) {
    for (const char* good :
         {"", "plain", "\xC3\xBC", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"})
        BOOST_TEST(ovlprobe::is_utf8(good), good);
    for (const char* bad :
         {"\xFF", "\xC3", "\xC3(", "\x80", "\xC0\x80", "\xC1\xBF", "\xE2\x82", "\xE0\x80\x80",
          "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "good\xFF"})
        BOOST_TEST(!ovlprobe::is_utf8(bad), bad);
}

BOOST_AUTO_TEST_CASE(what_could_drive_a_terminal_is_spelt_out) {
    BOOST_TEST(ovlprobe::printable("a\x1b[31m\n\x7F") == "a\\x1b[31m\\x0a\\x7f");
    BOOST_TEST(ovlprobe::printable("\xC2\x9B"
                                   "31m") == "\\xc2\\x9b31m");
    BOOST_TEST(ovlprobe::printable("\xFFz\xC3") == "\\xffz\\xc3");
}

BOOST_AUTO_TEST_CASE(other_text_stays_as_it_is_unless_only_ascii_may_be) {
    BOOST_TEST(ovlprobe::printable("\xC3\xBC \xE2\x82\xAC") == "\xC3\xBC \xE2\x82\xAC");
    BOOST_TEST(ovlprobe::printable("\xC3\xBC", true) == "\\xc3\\xbc");
}

BOOST_AUTO_TEST_CASE(a_code_point_is_one_column) {
    BOOST_TEST(ovlprobe::columns("a\xC3\xBC\xE2\x82\xAC") == 3U);
}

BOOST_AUTO_TEST_CASE(lines_are_filled_and_not_overfilled) {
    BOOST_TEST(ovlprobe::wrapped("one two three", 0, 7) == "one two\nthree");
    BOOST_TEST(ovlprobe::wrapped("one two three", 2, 9) == "one two\n  three");
    BOOST_TEST(ovlprobe::wrapped("one two three", 0, 6) == "one\ntwo\nthree");
    BOOST_TEST(ovlprobe::wrapped("", 4, 10) == "");
}

BOOST_AUTO_TEST_CASE(a_word_that_is_too_long_is_not_broken) {
    BOOST_TEST(ovlprobe::wrapped("a incomprehensibilities b", 0, 8) ==
               "a\nincomprehensibilities\nb");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
