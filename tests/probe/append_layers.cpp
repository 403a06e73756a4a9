// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/append_layers.hpp>

#include "support/answers_in_child.hpp"
#include "support/faulty_fs.hpp"
#include "support/filesystem_variants.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>

using boost::unit_test::precondition;
using ovl_test::answer_after;

namespace {

using classic_rootless = ovl::policy_set<ovl::user_xattr, ovl::classic_mount, ovl::posix_fs>;

constexpr auto set_string = static_cast<std::uint32_t>(ovl::detail::fsconfig_command::set_string);
constexpr auto set_fd = static_cast<std::uint32_t>(ovl::detail::fsconfig_command::set_fd);

/// Linux 6.13, told by the call itself.
struct needs_layer_fds {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id unit) const {
        auto sandbox = ovl::sandbox::needs_sandbox{}(unit);
        if (!sandbox)
            return sandbox;
        const auto context = ovl::mount_context::open("overlay");
        const ovl::unique_fd root{::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        return ovl::sandbox::detail::met_if(
            context.has_value() &&
                context.value().set_descriptor("lowerdir+", root.get()).has_value(),
            "needs a kernel that takes layers as descriptors");
    }
};

/// `fsconfig` refuses one command, as a kernel does that has no such thing.
auto without_command(std::uint32_t command, int error_number = EINVAL) {
    return [=] {
        return ovl_test::refuse_call_with(ovl::detail::sys_fsconfig, 1, command, error_number);
    };
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(append_layers, *precondition(needs_layer_fds{}))

BOOST_AUTO_TEST_CASE(by_either_interface) {
    const std::string yes = "yes layers-appended";
    BOOST_TEST((answer_after<ovl::rootless, ovl::append_layers>(ovl_test::as_it_is) == yes));
    BOOST_TEST((answer_after<ovl::rootless, ovl::append_layers>(ovl_test::on_old_kernel) == yes));
}

/// The control is made with the policies' backend, which is not touched by the filter.
BOOST_AUTO_TEST_CASE(a_kernel_that_refuses_them) {
    for (const int error : {EINVAL, EPERM, EACCES, ENOTSUP}) {
        const auto found =
            answer_after<classic_rootless, ovl::append_layers>(without_command(set_string, error));
        BOOST_TEST(found == "no layers-not-appended");
    }
    const auto found =
        answer_after<classic_rootless, ovl::append_layers>(without_command(set_string, ENOMEM));
    BOOST_TEST(found == "unknown out-of-resources");
}

BOOST_AUTO_TEST_CASE(a_context_that_is_refused_is_no_answer) {
    const auto found = answer_after<ovl::rootless, ovl::append_layers>(
        [] { return ovl_test::refuse_call(ovl::detail::sys_fsopen, ENOMEM); });
    BOOST_TEST(found == "unknown out-of-resources");
}

BOOST_AUTO_TEST_CASE(where_nothing_can_be_mounted_it_is_no_answer) {
    const auto found = answer_after<ovl::rootless, ovl::append_layers>(without_command(set_string));
    BOOST_TEST(found == "unknown mount-refused");
}

BOOST_AUTO_TEST_CASE(a_layer_that_does_not_show_is_no_answer) {
    using fs = ovl_test::faulty_fs<>;
    for (const int error : {ENOENT, EPERM, EACCES}) {
        ovl_test::fault missing{.error_number = error, .at = 0, .operation = "status"};
        const ovl_test::user_on<fs> set{.mount = {}, .fs = {{&missing}, {}}};
        ovl::private_tmpfs apart;
        for (const ovl::verdict& found :
             {ovl::append_layers::consider(set, apart), ovl::layer_fds::consider(set, apart)})
            BOOST_TEST(found.is == ovl::answer::unknown, found.why());
    }
}

BOOST_AUTO_TEST_CASE(descriptors_are_taken) {
    const auto found = answer_after<ovl::rootless, ovl::layer_fds>(ovl_test::as_it_is);
    BOOST_TEST(found.starts_with("yes layer-fds-"), found);
}

/// Whether a path alone is taken cannot be told where it cannot be opened.
BOOST_AUTO_TEST_CASE(a_descriptor_that_is_not_to_be_had_is_no_answer) {
    constexpr unsigned flags = 2;
    const auto refused = [](int error_number) {
        return answer_after<ovl::rootless, ovl::layer_fds>([=] {
            return ovl_test::refuse_call_with(
                SYS_openat, flags, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, error_number);
        });
    };
    BOOST_TEST(refused(EMFILE) == "unknown out-of-resources");
    BOOST_TEST(refused(EBADF) == "yes layer-fds-not-by-path-only");
    BOOST_TEST(refused(EINVAL) == "yes layer-fds-not-by-path-only");
}

BOOST_AUTO_TEST_CASE(a_kernel_that_takes_no_descriptors) {
    const auto found = answer_after<ovl::rootless, ovl::layer_fds>(without_command(set_fd));
    BOOST_TEST(found == "no layer-fds-refused");
    const auto later = answer_after<ovl::rootless, ovl::layer_fds>(without_command(set_fd, ENOMEM));
    BOOST_TEST(later == "unknown out-of-resources");
    const auto old = answer_after<ovl::rootless, ovl::layer_fds>(ovl_test::on_old_kernel);
    BOOST_TEST(old == "no new-mount-api-missing");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
