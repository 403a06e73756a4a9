// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/reason_text.hpp>

#include <boost/test/unit_test.hpp>
#include <set>
#include <string_view>

namespace {

bool is_kebab_case(std::string_view name) {
    return !name.empty() && name.front() != '-' && name.back() != '-' &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
               std::string_view::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(reason_text)

BOOST_AUTO_TEST_CASE(names_are_kebab_case_and_different) {
    std::set<std::string_view> seen;
    for (const ovl::reason_text& text : ovl::reason_texts()) {
        BOOST_TEST(is_kebab_case(text.name), text.name);
        BOOST_TEST(seen.insert(text.name).second, text.name);
        BOOST_TEST(!text.sentence.empty());
        BOOST_TEST(!text.sentence.ends_with('.'), text.sentence);
        BOOST_TEST(!text.fix.ends_with('.'), text.fix);
    }
}

BOOST_AUTO_TEST_CASE(a_reason_is_found_by_its_code) {
    for (const ovl::reason_text& text : ovl::reason_texts())
        BOOST_TEST((ovl::describe(text.code).name == text.name), text.name);
    BOOST_TEST(ovl::describe(ovl::reason::redirect_dir_on).name == "redirect-dir-on");
    BOOST_TEST(ovl::describe(ovl::reason::metacopy_on).name == "metacopy-on");
}

// What an operator can change is said with how.
BOOST_AUTO_TEST_CASE(the_fixes_that_are_promised_are_there) {
    const auto fix = [](ovl::reason code) { return ovl::describe(code).fix; };
    const auto says = [&](ovl::reason code, std::string_view what) {
        return fix(code).find(what) != std::string_view::npos;
    };
    BOOST_TEST(says(ovl::reason::d_type_missing_xfs, "ftype=1"),
               fix(ovl::reason::d_type_missing_xfs));
    BOOST_TEST(says(ovl::reason::d_type_missing_ext4, "filetype"),
               fix(ovl::reason::d_type_missing_ext4));
    BOOST_TEST(says(ovl::reason::trusted_xattrs_in_user_namespace, "rootless"));
    BOOST_TEST(says(ovl::reason::mounting_ruled_out, "--no-mount"));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
