// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/read_text.hpp>

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using ovl::detail::read_text;

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(read_texts)

BOOST_AUTO_TEST_CASE(reads_to_the_end_whatever_the_size) {
    const ovl_test::temporary_directory base;
    for (const std::size_t size : {0U, 1U, 4095U, 4096U, 4097U, 20000U}) {
        std::string text(size, 'x');
        if (size > 2)
            text[size / 2] = '\0';
        const auto read = read_text(base.make_file("file", text).c_str());
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST((read.value() == text), size);
    }
    // Of no size, as far as stat(2) knows.
    BOOST_TEST(!read_text("/proc/self/status").value().empty());
}

BOOST_AUTO_TEST_CASE(fails_with_the_call_and_the_path) {
    const auto missing = read_text("/nowhere/at/all");
    BOOST_REQUIRE(!missing.has_value());
    BOOST_TEST(missing.error().call == "open");
    BOOST_TEST(missing.error().error_number == ENOENT);
    BOOST_TEST(missing.error().subject == "/nowhere/at/all");
    BOOST_TEST((missing.error().where == ovl::step::read_facts));
    const auto directory = read_text("/");
    BOOST_REQUIRE(!directory.has_value());
    BOOST_TEST(directory.error().call == "read");
    BOOST_TEST(directory.error().error_number == EISDIR);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
