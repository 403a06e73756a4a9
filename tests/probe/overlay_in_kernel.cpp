// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/overlay_in_kernel.hpp>

#include "support/answers_in_child.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>

using boost::unit_test::precondition;
using ovl_test::answer_after;

namespace {

/// What is answered without fsopen(2) and without /proc, where mount(2) ends so; 0 leaves it as it is.
std::string by_mount_alone(int error_number) {
    return answer_after<ovl::rootless, ovl::overlay_in_kernel>([=] {
        return ovl_test::on_old_kernel() && ovl_test::without_proc() &&
               (error_number == 0 || ovl_test::refuse_call(SYS_mount, error_number));
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(overlay_in_kernel)

BOOST_AUTO_TEST_CASE(a_list_of_filesystems_is_read) {
    using ovl::detail::lists_filesystem;
    BOOST_TEST(lists_filesystem("nodev\tsysfs\n\text4\nnodev\toverlay\n", "overlay"));
    BOOST_TEST(lists_filesystem("\text4", "ext4"));
    BOOST_TEST(!lists_filesystem("nodev\toverlayfs\nnodev\tmy-overlay\n", "overlay"));
    BOOST_TEST(!lists_filesystem("", "overlay"));
}

BOOST_AUTO_TEST_CASE(each_way_finds_it, *precondition(ovl::sandbox::needs_sandbox{})) {
    const std::string yes = "yes overlay-available";
    using ovl_test::as_it_is;
    using ovl_test::on_old_kernel;
    BOOST_TEST((answer_after<ovl::rootless, ovl::overlay_in_kernel>(as_it_is) == yes));
    BOOST_TEST((answer_after<ovl::rootless, ovl::overlay_in_kernel>(on_old_kernel) == yes));
    BOOST_TEST(by_mount_alone(0) == yes);
}

BOOST_AUTO_TEST_CASE(what_mount_refuses_with_decides,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    BOOST_TEST(by_mount_alone(EINVAL) == "yes overlay-available");
    BOOST_TEST(by_mount_alone(ENODEV) == "no overlay-missing");
    BOOST_TEST(by_mount_alone(EPERM) == "unknown mount-not-permitted");
    BOOST_TEST(by_mount_alone(ENOMEM) == "unknown out-of-resources");
}

BOOST_AUTO_TEST_CASE(a_kernel_that_does_not_know_it) {
    const std::string found = answer_after<ovl::rootless, ovl::overlay_in_kernel>(
        [] { return ovl_test::refuse_call(ovl::detail::sys_fsopen, ENODEV); });
    BOOST_TEST(found == "no overlay-missing");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
