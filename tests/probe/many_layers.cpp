// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/many_layers.hpp>

#include <ovl/probe/append_layers.hpp>
#include <ovl/probe/mount_interface.hpp>

#include "support/answers_in_child.hpp"
#include "support/faulty_fs.hpp"
#include "support/filesystem_variants.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>

using boost::unit_test::precondition;
using ovl::reason;
using ovl_test::answer_after;

namespace {

const std::string a_page = "yes many-layers-in-a-page 500";
const std::string all_there_are = "yes many-layers-appended 500";

template <class Q>
ovl::verdict answer_with(ovl_test::fault& injected) {
    const ovl_test::user_on<ovl_test::faulty_fs<>> set{.mount = {}, .fs = {{&injected}, {}}};
    ovl::private_tmpfs apart;
    return Q::consider(set, apart);
}

/// What is answered where nothing is found in the last layer.
template <class Q>
ovl::verdict without_the_last() {
    ovl_test::fault missing{.error_number = ENOENT, .at = 0, .operation = "status"};
    return answer_with<Q>(missing);
}

/// Whether a directory that cannot be made, whichever of the first ones, is no answer.
bool each_directory_is_needed() {
    constexpr int some = 12;
    for (int at = 1; at <= some; ++at) {
        ovl_test::fault full{.error_number = ENOSPC, .at = at, .operation = "make_directory"};
        if (answer_with<ovl::many_layers>(full).is != ovl::answer::unknown || full.matched < at)
            return false;
    }
    return true;
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(many_layers, *precondition(ovl::sandbox::needs_sandbox{}))

BOOST_AUTO_TEST_CASE(without_the_newer_calls_a_page_is_the_limit) {
    BOOST_TEST((answer_after<ovl::rootless, ovl::many_layers>(ovl_test::on_old_kernel) == a_page));
    BOOST_TEST(
        (answer_after<ovl::rootless, ovl::many_layers_mounted>(ovl_test::on_old_kernel) == a_page));
}

BOOST_AUTO_TEST_CASE(where_layers_cannot_be_appended_a_page_is_the_limit) {
    const auto found = answer_after<ovl::rootless, ovl::many_layers>(
        [] { return ovl_test::refuse_call(ovl::detail::sys_fsconfig, EINVAL); });
    // fsconfig is what the control needs, but not the page.
    BOOST_TEST(found == a_page);
}

/// What is counted can be mounted.
BOOST_AUTO_TEST_CASE(as_many_are_mounted_as_are_counted) {
    const auto counted = answer_after<ovl::rootless, ovl::many_layers>(ovl_test::as_it_is);
    const auto mounted = answer_after<ovl::rootless, ovl::many_layers_mounted>(ovl_test::as_it_is);
    const auto appended = answer_after<ovl::rootless, ovl::append_layers>(ovl_test::as_it_is);
    BOOST_TEST(counted == (appended == "yes layers-appended" &&
                                   answer_after<ovl::rootless, ovl::mount_log>(
                                       ovl_test::as_it_is) == "yes mount-log-speaks"
                               ? all_there_are
                               : a_page));
    BOOST_TEST(mounted == (counted == a_page ? a_page : "yes many-layers-mounted 500"));
}

BOOST_AUTO_TEST_CASE(a_last_layer_that_does_not_show_is_no_answer) {
    const ovl::verdict found = without_the_last<ovl::many_layers_mounted>();
    BOOST_TEST(found.is == ovl::answer::unknown, found.why());
    BOOST_TEST(!found.value.has_value());
}

BOOST_AUTO_TEST_CASE(nor_is_one_of_a_page) {
    const auto ended = ovl::sandbox::run_in_child([] {
        if (!ovl_test::on_old_kernel())
            return 1;
        const ovl::verdict found = without_the_last<ovl::many_layers>();
        return found.is == ovl::answer::unknown && !found.value.has_value() &&
                       found.evidence->subject == "in-last"
                   ? 0
                   : 2;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_CASE(nor_are_layers_that_cannot_be_made_to_be_mounted) {
    ovl_test::fault none{.error_number = ENOSPC, .at = -1, .operation = "make_directory"};
    static_cast<void>(answer_with<ovl::many_layers_mounted>(none));
    ovl_test::fault last{
        .error_number = ENOSPC, .at = none.matched - 1, .operation = "make_directory"};
    const ovl::verdict found = answer_with<ovl::many_layers_mounted>(last);
    BOOST_TEST((found.because == reason::no_space), found.why());
    BOOST_TEST(found.is == ovl::answer::unknown, found.why());
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_is_no_end_of_layers) {
    const auto found = answer_after<ovl::rootless, ovl::many_layers>(
        [] { return ovl_test::refuse_call(ovl::detail::sys_fsconfig, ENOMEM); });
    BOOST_TEST(found == "unknown out-of-resources");
}

BOOST_AUTO_TEST_CASE(layers_that_cannot_be_made_are_no_answer) {
    const auto ended = ovl::sandbox::run_in_child(
        [] { return ovl_test::on_old_kernel() && each_directory_is_needed() ? 0 : 1; });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
