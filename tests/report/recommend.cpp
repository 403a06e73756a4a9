// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/report/recommend.hpp>

#include "support/print.hpp"

#include <boost/test/unit_test.hpp>
#include <initializer_list>
#include <range/v3/algorithm/contains.hpp>

using ovl::answer;
using ovl::capability;
using ovl::reason;

namespace {

ovl::report report_of(std::initializer_list<std::pair<capability, answer>> answers) {
    ovl::report about;
    for (const auto& [asked, is] : answers)
        about.verdicts.push_back(ovl::give(asked, is, reason::step_failed));
    return about;
}

std::string options_of(const ovl::report& about) {
    const auto advice = ovl::recommend(about);
    return advice.has_value() ? advice->option_string() : "none";
}

bool has_reason_for(const ovl::report& about, std::string_view option) {
    const auto advice = ovl::recommend(about);
    BOOST_REQUIRE(advice.has_value());
    return ranges::contains(advice->reasons, option, &ovl::option_advice::option);
}

} // namespace

BOOST_AUTO_TEST_SUITE(report)
BOOST_AUTO_TEST_SUITE(recommend)

BOOST_AUTO_TEST_CASE(userxattr_where_it_is_needed_and_only_there) {
    BOOST_TEST(options_of(report_of({{capability::userxattr_needed, answer::yes}})) == "userxattr");
    BOOST_TEST(options_of(report_of({{capability::userxattr_needed, answer::no}})) == "");
    BOOST_TEST(
        has_reason_for(report_of({{capability::userxattr_needed, answer::yes}}), "userxattr"));
}

BOOST_AUTO_TEST_CASE(what_spoils_the_diff_is_switched_off) {
    const auto about = report_of({{capability::metacopy_active, answer::yes},
                                  {capability::redirect_dir_active, answer::yes}});
    BOOST_TEST(options_of(about) == "redirect_dir=off,metacopy=off");
    BOOST_TEST(has_reason_for(about, "metacopy"));
    BOOST_TEST(has_reason_for(about, "redirect_dir"));
}

BOOST_AUTO_TEST_CASE(a_redirect_seen_by_native_diff_alone_is_enough) {
    ovl::report about;
    about.verdicts = {ovl::give(capability::native_diff, answer::no, reason::redirect_dir_on)};
    BOOST_TEST(options_of(about) == "redirect_dir=off");
}

// Each is EINVAL beside userxattr, which keeps them off by itself.
BOOST_AUTO_TEST_CASE(nothing_is_recommended_that_conflicts_with_userxattr) {
    BOOST_TEST(options_of(report_of({{capability::userxattr_needed, answer::yes},
                                     {capability::metacopy_active, answer::yes},
                                     {capability::redirect_dir_active, answer::yes}})) ==
               "userxattr");
}

BOOST_AUTO_TEST_CASE(inode_options) {
    BOOST_TEST(options_of(report_of({{capability::xino, answer::yes}})) == "xino=off");
    BOOST_TEST(options_of(report_of({{capability::index_active, answer::yes}})) == "index=off");
    const auto off = report_of({{capability::index_active, answer::no}});
    BOOST_TEST(options_of(off) == "");
    BOOST_TEST(has_reason_for(off, "index"));
}

BOOST_AUTO_TEST_CASE(volatile_is_left_out_with_a_reason) {
    const auto about = report_of({{capability::volatile_mount, answer::yes}});
    BOOST_TEST(options_of(about) == "");
    BOOST_TEST(has_reason_for(about, "volatile"));
}

BOOST_AUTO_TEST_CASE(no_advice_where_no_overlay_mounts_or_nothing_was_told) {
    BOOST_TEST(options_of({}) == "none");
    BOOST_TEST(options_of(report_of({{capability::mount, answer::unknown}})) == "none");
    // Facts of the kernel show no mount.
    BOOST_TEST(options_of(report_of({{capability::new_mount_api, answer::yes}})) == "none");
    BOOST_TEST(options_of(report_of({{capability::mount, answer::no},
                                     {capability::userxattr_needed, answer::yes}})) == "none");
    ovl::report about;
    about.verdicts = {ovl::give(capability::native_diff, answer::no, reason::read_only_filesystem)};
    BOOST_TEST(options_of(about) == "none");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
