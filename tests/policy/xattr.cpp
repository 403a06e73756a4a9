// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/policy/xattr.hpp>

#include "support/faulty_fs.hpp"
#include "support/scripted_fs.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>

namespace {

ovl::result<std::optional<std::string>> read(const ovl_test::script& answers) {
    return ovl::read_xattr(ovl_test::scripted_fs{&answers}, 3, "f", "user.a");
}

} // namespace

BOOST_AUTO_TEST_SUITE(policy)
BOOST_AUTO_TEST_SUITE(xattr)

BOOST_AUTO_TEST_CASE(absent_empty_and_unsupported_are_three_answers) {
    const auto absent = read({});
    BOOST_REQUIRE(absent.has_value());
    BOOST_TEST(!absent.value().has_value());

    const auto empty = read({.attributes = {{"f user.a", ""}}});
    BOOST_REQUIRE(empty.has_value());
    BOOST_REQUIRE(empty.value().has_value());
    BOOST_TEST(empty.value()->empty());

    const auto unsupported = read({.errors = {{"get_xattr", ENOTSUP}}});
    BOOST_REQUIRE(!unsupported.has_value());
    BOOST_TEST(unsupported.error().error_number == ENOTSUP);
    BOOST_TEST(unsupported.error().subject == "user.a");
}

BOOST_AUTO_TEST_CASE(a_value_of_any_length_the_kernel_allows_is_read_whole) {
    for (const std::size_t length : {1u, 63u, 64u, 65u, 1024u, 1025u, 8193u, 65536u}) {
        const std::string value(length, 'v');
        const auto found = read({.attributes = {{"f user.a", value}}});
        BOOST_REQUIRE_MESSAGE(found.has_value(), length);
        BOOST_TEST((found.value() == value), length << " bytes");
    }
}

BOOST_AUTO_TEST_CASE(one_longer_than_that_is_a_failure_and_no_endless_loop) {
    const auto found = read({.attributes = {{"f user.a", std::string(70000, 'v')}}});
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(found.error().error_number == ERANGE);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
