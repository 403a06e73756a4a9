// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/user_namespace.hpp>

#include <boost/test/unit_test.hpp>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>

namespace test = boost::unit_test;

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(user_namespace)

BOOST_AUTO_TEST_CASE(the_inode_decides) {
    BOOST_TEST(!ovl::in_user_namespace({ovl::initial_user_namespace_inode, "0 0 4294967295"}));
    // A namespace that maps everything has the uid map of the initial one.
    BOOST_TEST(ovl::in_user_namespace({4026532000, "0 0 4294967295"}));
    BOOST_TEST(!ovl::in_user_namespace({ovl::initial_user_namespace_inode, "0 1000 1"}));
}

BOOST_AUTO_TEST_CASE(without_an_inode_to_trust_the_map_decides) {
    BOOST_TEST(!ovl::in_user_namespace({std::nullopt, "0 0 4294967295"}));
    BOOST_TEST(ovl::in_user_namespace({std::nullopt, "0 1000 1"}));
    BOOST_TEST(ovl::in_user_namespace({std::nullopt, ""}));
    BOOST_TEST(!ovl::in_user_namespace({std::nullopt, std::nullopt}));
    BOOST_TEST(!ovl::in_user_namespace({4026532000, "0 0 4294967295", true}));
    BOOST_TEST(ovl::in_user_namespace({ovl::initial_user_namespace_inode, "0 1000 1", true}));
}

BOOST_AUTO_TEST_CASE(a_map_is_told_with_single_blanks) {
    BOOST_TEST(ovl::detail::single_blanks("         0       1000          1\n") == "0 1000 1");
    BOOST_TEST(ovl::detail::single_blanks("  0  1000  1 \n  1  100000  65536\n") ==
               "0 1000 1\n1 100000 65536");
    BOOST_TEST(ovl::detail::single_blanks("") == "");
}

BOOST_AUTO_TEST_CASE(true_root_is_in_the_initial_one,
                     *test::precondition(ovl::sandbox::needs_root{})) {
    const auto inside = ovl::running_in_user_namespace();
    BOOST_REQUIRE(inside.has_value());
    BOOST_TEST(!inside.value());
    BOOST_TEST(ovl::read_user_namespace_facts().value().uid_map.value() == "0 0 4294967295");
}

BOOST_AUTO_TEST_CASE(a_process_that_entered_one_is_inside,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    const auto ended = ovl::sandbox::run_in_child([] {
        const auto before = ovl::read_user_namespace_facts();
        const std::string outside = std::to_string(::geteuid());
        if (ovl::enter_user_namespace())
            return 1;
        const auto after = ovl::read_user_namespace_facts();
        if (!before.has_value() || !after.has_value() ||
            before.value().inode == after.value().inode)
            return 2;
        if (after.value().uid_map != "0 " + outside + " 1")
            return 3;
        const auto inside = ovl::running_in_user_namespace();
        return inside.has_value() && inside.value() ? 0 : 4;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_CASE(without_proc_it_fails_by_name,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    const auto ended = ovl::sandbox::run_in_child([] {
        if (ovl::enter_user_namespace() || ::mount("tmpfs", "/proc", "tmpfs", 0, nullptr) != 0)
            return 1;
        const auto asked = ovl::running_in_user_namespace();
        return !asked.has_value() && asked.error().subject == "/proc/self" &&
                       asked.error().error_number == ENOENT
                   ? 0
                   : 2;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
