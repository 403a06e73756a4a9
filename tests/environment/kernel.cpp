// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/kernel.hpp>

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/utsname.h>

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(kernel)

BOOST_AUTO_TEST_CASE(parameters_are_read_sorted_and_without_the_newline) {
    const ovl_test::temporary_directory base;
    base.make_file("redirect_dir", "N\n");
    base.make_file("metacopy", "Y\n");
    base.make_file("redirect_max", "256\n");
    base.make_file(".hidden", "x");
    const auto found = ovl::read_module_parameters(base.path().c_str());
    BOOST_REQUIRE(found.has_value());
    const std::vector<std::pair<std::string, std::string>> expected{
        {"metacopy", "Y"}, {"redirect_dir", "N"}, {"redirect_max", "256"}};
    BOOST_TEST((found.value() == expected));
}

BOOST_AUTO_TEST_CASE(a_parameter_that_cannot_be_read_is_left_out) {
    const ovl_test::temporary_directory base;
    base.make("a_directory");
    base.make_file("index", "N\n");
    const auto found = ovl::read_module_parameters(base.path().c_str());
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found.value().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_module_that_shows_none_is_told_from_one_that_has_none) {
    const ovl_test::temporary_directory base;
    BOOST_TEST(!ovl::read_module_parameters(base.path("missing").c_str()).has_value());
    const auto empty = ovl::read_module_parameters(base.path().c_str());
    BOOST_REQUIRE(empty.has_value());
    BOOST_TEST(empty.value().empty());
}

BOOST_AUTO_TEST_CASE(the_running_kernel_is_named_as_uname_does) {
    utsname names{};
    BOOST_REQUIRE(::uname(&names) == 0);
    const ovl::kernel_facts found = ovl::read_kernel_facts();
    BOOST_TEST(found.release == names.release);
    BOOST_TEST(found.machine == names.machine);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
