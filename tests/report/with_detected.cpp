// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/with_detected.hpp>

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/environment/user_namespace.hpp>

BOOST_AUTO_TEST_SUITE(report)
BOOST_AUTO_TEST_SUITE(with_detected)

namespace {
constexpr auto is_rootless = [](auto set) { return decltype(set)::xattr_class::userxattr; };
} // namespace

/// At every level the sandbox offers: the class that can be seen there is chosen.
BOOST_AUTO_TEST_CASE(the_class_that_works_is_chosen) {
    const ovl_test::temporary_directory base;
    const auto inside = ovl::running_in_user_namespace();
    BOOST_REQUIRE(inside.has_value());
    BOOST_TEST(ovl::with_detected(base.path(), is_rootless) == inside.value());
}

BOOST_AUTO_TEST_CASE(a_place_where_nothing_mounts_is_decided_by_the_namespace) {
    const auto inside = ovl::running_in_user_namespace();
    BOOST_REQUIRE(inside.has_value());
    BOOST_TEST(ovl::with_detected("/proc", is_rootless) == inside.value());
}

BOOST_AUTO_TEST_CASE(what_the_visitor_returns_comes_back) {
    BOOST_TEST(ovl::with_detected("/proc", [](auto) { return std::string{"answer"}; }) == "answer");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
