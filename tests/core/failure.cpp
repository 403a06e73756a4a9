// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/core/failure.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <set>
#include <string_view>

using ovl::step;

BOOST_AUTO_TEST_SUITE(core)
BOOST_AUTO_TEST_SUITE(failures)

BOOST_AUTO_TEST_CASE(every_step_has_a_name_of_its_own) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(step::remove_scratch); ++i) {
        const std::string_view name = ovl::name(static_cast<step>(i));
        BOOST_TEST(!name.empty(), i);
        BOOST_TEST(names.insert(name).second, name);
        BOOST_TEST(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == name.npos, name);
    }
    BOOST_TEST(ovl::name(static_cast<step>(255)).empty());
    BOOST_TEST(ovl::name(step::enter_namespace) == "enter-namespace");
}

BOOST_AUTO_TEST_CASE(is_placed_and_named_without_losing_the_rest) {
    const ovl::failure placed = ovl::failure{.call = "openat",
                                             .error_number = ENOENT,
                                             .kernel_message = "words",
                                             .explanation = "rule"}
                                    .at(step::observe)
                                    .on("file");
    BOOST_TEST((placed == ovl::failure{.where = step::observe,
                                       .call = "openat",
                                       .error_number = ENOENT,
                                       .subject = "file",
                                       .kernel_message = "words",
                                       .explanation = "rule"}));
    BOOST_TEST((placed != ovl::failure{placed}.on("other")));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
