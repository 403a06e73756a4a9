// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/user_namespace_creation.hpp>

#include "support/answers_in_child.hpp"
#include "support/print.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/resource.h>

using boost::unit_test::precondition;
using ovl_test::answer_after;

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(user_namespace_creation)

/// Those that no trial can meet have no reason of their own.
BOOST_AUTO_TEST_CASE(each_cause_has_its_reason_sentence_and_fix) {
    int with_a_reason = 0;
    for (const ovl::namespace_cause_text& text : ovl::namespace_cause_texts()) {
        const ovl::verdict found = ovl::user_namespace_creation::refusal(
            {ovl::namespace_stage::uid_map, EPERM, text.cause, "fact = 1", std::string{text.fix}});
        BOOST_TEST_CONTEXT(text.name) {
            BOOST_TEST(found.is == ovl::answer::no);
            if (found.because == ovl::reason::user_namespace_unknown)
                continue;
            ++with_a_reason;
            BOOST_TEST(describe(found.because).name == "user-namespace-" + std::string{text.name});
            BOOST_TEST(describe(found.because).sentence == text.sentence);
            BOOST_TEST(describe(found.because).fix == text.fix);
        }
    }
    BOOST_TEST(with_a_reason == 13);
}

BOOST_AUTO_TEST_CASE(the_evidence_names_stage_cause_and_fact) {
    const ovl::verdict found = ovl::user_namespace_creation::refusal(
        {ovl::namespace_stage::uid_map, EPERM, ovl::namespace_cause::apparmor,
         "kernel.apparmor_restrict_unprivileged_userns = 1", ""});
    BOOST_REQUIRE(found.evidence.has_value());
    BOOST_TEST(found.evidence->subject ==
               "uid_map/apparmor (kernel.apparmor_restrict_unprivileged_userns = 1)");
    BOOST_TEST(found.evidence->call == "uid_map");
    BOOST_TEST(found.evidence->error_number == EPERM);
}

BOOST_AUTO_TEST_CASE(a_seccomp_filter_is_named,
                     *precondition(ovl::sandbox::needs_user_namespace{})) {
    const std::string granted =
        answer_after<ovl::rootless, ovl::user_namespace_creation>(ovl_test::as_it_is);
    BOOST_TEST(granted == "yes user-namespace-available");
    const std::string found =
        answer_after<ovl::rootless, ovl::user_namespace_creation>(ovl_test::refuse_user_namespaces);
    BOOST_TEST(found == "no user-namespace-seccomp");
}

BOOST_AUTO_TEST_CASE(what_passes_by_is_no_answer) {
    const std::string found = answer_after<ovl::rootless, ovl::user_namespace_creation>([] {
        const rlimit none{3, 3};
        return ::setrlimit(RLIMIT_NOFILE, &none) == 0;
    });
    BOOST_TEST(found == "unknown out-of-resources");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
