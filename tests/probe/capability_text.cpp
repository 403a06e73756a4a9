// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/capability_text.hpp>

#include "support/print.hpp"

#include <boost/test/unit_test.hpp>
#include <set>

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(capability_text)

BOOST_AUTO_TEST_CASE(every_key_is_found_and_no_other) {
    for (const ovl::capability_text& text : ovl::capability_texts()) {
        BOOST_REQUIRE(ovl::find_capability(text.key).has_value());
        BOOST_TEST(*ovl::find_capability(text.key) == text.which);
        BOOST_TEST(ovl::describe(text.which).key == text.key);
    }
    for (const char* other : {"", "native", "native_diff", "native-diff ", "NATIVE-DIFF"})
        BOOST_TEST(!ovl::find_capability(other).has_value(), other);
}

BOOST_AUTO_TEST_CASE(keys_and_functions_are_different_and_every_text_is_there) {
    std::set<std::string_view> keys;
    std::set<std::string_view> functions;
    for (const ovl::capability_text& text : ovl::capability_texts()) {
        BOOST_TEST(keys.insert(text.key).second, text.key);
        BOOST_TEST(functions.insert(text.function).second, text.function);
        BOOST_TEST(text.question.ends_with('?'), text.question);
        // Sentences, and a list of sources after them.
        for (const std::string_view part : {text.explanation, text.trade_off})
            BOOST_TEST((part.size() > 4 && part.ends_with('.')), text.key << ": " << part);
        BOOST_TEST((text.sources.size() > 4 && !text.sources.ends_with('.')), text.key);
        BOOST_TEST(text.explanation.find("Source") == std::string_view::npos, text.key);
    }
}

BOOST_AUTO_TEST_CASE(the_names_of_the_original_checks_stay) {
    BOOST_TEST(ovl::describe(ovl::capability::native_diff).function == "does_support_native_diff");
    BOOST_TEST(ovl::describe(ovl::capability::metacopy_active).function == "using_metacopy");
    BOOST_TEST(ovl::describe(ovl::capability::userxattr_needed).function == "needs_userxattr");
}

BOOST_AUTO_TEST_CASE(states_are_named_so) {
    using ovl::capability;
    for (const ovl::capability_text& text : ovl::capability_texts()) {
        const bool is_state = text.which == capability::metacopy_active ||
                              text.which == capability::redirect_dir_active ||
                              text.which == capability::index_active ||
                              text.which == capability::userxattr_needed;
        BOOST_TEST((text.kind == ovl::capability_kind::state) == is_state, text.key);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
