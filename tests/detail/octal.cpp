// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/octal.hpp>

#include <boost/test/unit_test.hpp>
#include <string>

using ovl::detail::append_octal;
using ovl::detail::decode_octal;

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(octal)

BOOST_AUTO_TEST_CASE(every_byte_comes_back) {
    std::string all;
    for (int byte = 1; byte != 256; ++byte)
        all += static_cast<char>(byte);
    std::string escaped;
    append_octal(escaped, all, all);
    BOOST_TEST(escaped.size() == 4 * all.size());
    BOOST_TEST((decode_octal(escaped) == all));
}

BOOST_AUTO_TEST_CASE(only_what_is_special_is_escaped_and_appended) {
    std::string text = "a=";
    append_octal(text, "b c\\d\xff", " \\");
    BOOST_TEST(text == "a=b\\040c\\134d\xff");
}

BOOST_AUTO_TEST_CASE(a_backslash_that_begins_no_escape_stays) {
    for (const char* plain : {"\\", "\\0", "\\04", "\\08x", "\\048", "\\400", "\\x40", "a\\"})
        BOOST_TEST(decode_octal(plain) == plain);
    BOOST_TEST(decode_octal("\\\\040") == "\\ ");
    BOOST_TEST(decode_octal("\\134040") == "\\040");
    BOOST_TEST(decode_octal("").empty());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
