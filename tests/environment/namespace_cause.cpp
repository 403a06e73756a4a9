// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/namespace_cause.hpp>

#include <boost/test/unit_test.hpp>
#include <set>
#include <string_view>

using ovl::namespace_cause;

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(namespace_causes)

BOOST_AUTO_TEST_CASE(every_cause_has_a_name_of_its_own_and_a_sentence) {
    std::set<std::string_view> names;
    for (const ovl::namespace_cause_text& text : ovl::namespace_cause_texts()) {
        BOOST_TEST(names.insert(text.name).second, text.name);
        BOOST_TEST(text.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == text.name.npos,
                   text.name);
        BOOST_TEST(!text.sentence.empty(), text.name);
        BOOST_TEST(!text.sentence.ends_with('.'), text.name);
        BOOST_TEST(!text.fix.ends_with('.'), text.name);
        BOOST_TEST((ovl::text_of(text.cause).name == text.name));
        BOOST_TEST(ovl::name(text.cause) == text.name);
    }
}

BOOST_AUTO_TEST_CASE(what_somebody_can_mend_has_a_fix) {
    for (const ovl::namespace_cause_text& text : ovl::namespace_cause_texts()) {
        const bool nothing_to_do =
            text.cause == namespace_cause::unknown || text.cause == namespace_cause::out_of_memory;
        BOOST_TEST(text.fix.empty() == nothing_to_do, text.name);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
