// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/xino_option.hpp>

#include "support/expected_answers.hpp"
#include "support/policy_lists.hpp"
#include "support/refuse_once.hpp"
#include "support/scripted_run.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string_view>
#include <vector>

using boost::unit_test::precondition;
using ovl::answer;
using ovl::reason;
using ovl_test::check;
using ovl_test::temporary_directory;

namespace {

/// A kernel that makes nothing of xino=on: it refuses it, or mounts without it.
template <bool refuses>
struct without_xino {
    static constexpr std::string_view name = "without xino";
    ovl::best_mount base{};

    [[nodiscard]] bool attaches() const { return base.attaches(); }
    [[nodiscard]] ovl::result<ovl::mounted> mount(ovl::mount_request request,
                                                  const ovl::mount_point& point) const {
        std::vector<ovl::mount_parameter> left;
        for (const ovl::mount_parameter& each : request.parameters)
            if (each.name != std::string_view{"xino"})
                left.push_back(each);
            else if (refuses)
                return ovl::fail({.where = ovl::step::mount,
                                  .call = "fsconfig",
                                  .error_number = EINVAL,
                                  .subject = "xino=on"});
        left.push_back({"xino", "off"});
        request.parameters = left;
        return base.mount(request, point);
    }
};

template <ovl::mount_backend M>
ovl::verdict ask(const temporary_directory& where) {
    return ovl::does_support_xino<ovl_test::user_with<M>>(where.path());
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(xino_option)

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(numbers_are_unique_across_filesystems, M, ovl_test::all_backends) {
    const temporary_directory base;
    check(ask<M>(base), answer::yes, reason::option_works);
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(one_that_has_no_effect_is_a_no, *precondition(ovl_test::needs_userxattr{})) {
    const temporary_directory base;
    check(ask<without_xino<false>>(base), answer::no, reason::option_without_effect);
}

BOOST_AUTO_TEST_CASE(one_that_is_refused_while_the_mount_works_without_is_a_no,
                     *precondition(ovl_test::needs_userxattr{})) {
    const temporary_directory base;
    const ovl::verdict found = ask<without_xino<true>>(base);
    check(found, answer::no, reason::option_refused);
    BOOST_REQUIRE(found.evidence.has_value());
    BOOST_TEST(found.evidence->subject == "xino=on");
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

/// The scratch directory is opened again where the tmpfs is: that it cannot be is not the user's directory's fault.
BOOST_AUTO_TEST_CASE(a_scratch_directory_that_is_not_found_again_is_told,
                     *precondition(ovl_test::needs_userxattr{}) *
                         precondition(ovl_test::needs_calls_to_be_refused{})) {
    const temporary_directory base;
    const auto asked = [&] {
        const ovl::verdict found = ask<ovl::best_mount>(base);
        return found.is == answer::unknown && found.because == reason::access_denied &&
               found.evidence->where == ovl::step::build_layers;
    };
    BOOST_TEST(ovl_test::holds_where_one_fails({SYS_openat}, EACCES, asked, "/ovl-scratch-"));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
