// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/all_probes.hpp>

#include "support/expected_answers.hpp"
#include "support/kernel_version.hpp"
#include "support/print.hpp"
#include "support/temporary_directory.hpp"

#include <ovl/report/survey.hpp>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <string_view>

using boost::unit_test::precondition;
using ovl::answer;
using ovl::reason;

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(all_probes)

BOOST_AUTO_TEST_CASE(each_capability_of_the_library_is_asked_once_and_in_order) {
    const auto questions = ovl::all_questions<ovl::rootless>();
    // fuse-overlayfs is a program, and the library starts none.
    constexpr auto texts = ovl::capability_texts();
    BOOST_REQUIRE(questions.size() == texts.size() - 1);
    for (std::size_t i = 0; i < questions.size(); ++i)
        BOOST_TEST((questions[i].asks == texts[i].which), texts[i].key);
    BOOST_TEST((texts.back().which == ovl::capability::fuse_overlayfs));
}

BOOST_AUTO_TEST_CASE(what_does_not_depend_on_the_class_is_answered_alike_with_either,
                     *precondition(ovl_test::needs_userxattr{})) {
    const ovl_test::temporary_directory base;
    const auto questions = ovl::all_questions<ovl::rootful>();
    const ovl::report rootful = ovl::survey<ovl::rootful>(base.path());
    const ovl::report rootless = ovl::survey<ovl::rootless>(base.path());
    std::size_t alike = 0;
    for (std::size_t i = 0; i < questions.size(); ++i) {
        if (!questions[i].any_class)
            continue;
        ++alike;
        BOOST_TEST_CONTEXT(rootful.verdicts[i].why() << "; " << rootless.verdicts[i].why())
        BOOST_TEST((rootful.verdicts[i].because == rootless.verdicts[i].because));
    }
    BOOST_TEST(alike == 18U);
}

BOOST_AUTO_TEST_CASE(what_depends_on_the_trusted_class_is_not_told_in_a_user_namespace,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    if (!ovl_test::in_user_namespace())
        return; // As root both classes can be seen; the run as an ordinary user is the one that tells.
    const ovl_test::temporary_directory base;
    const ovl::report rootful = ovl::survey<ovl::rootful>(base.path());
    for (const auto asked :
         {ovl::capability::native_diff, ovl::capability::metacopy_active, ovl::capability::xattrs,
          ovl::capability::opaque, ovl::capability::uuid, ovl::capability::mount}) {
        const ovl::verdict& found = *rootful.find(asked);
        BOOST_TEST(found.is == answer::unknown, found.why());
        BOOST_TEST((found.because == reason::trusted_xattrs_in_user_namespace), found.why());
    }
    const ovl::verdict& types = *rootful.find(ovl::capability::d_type);
    BOOST_TEST(types.is == answer::yes, types.why());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
