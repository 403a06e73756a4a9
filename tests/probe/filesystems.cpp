// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/expected_answers.hpp"
#include "support/mounted_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using boost::unit_test::precondition;
using ovl::answer;
using ovl::reason;
using ovl_test::check_answers;
using ovl_test::for_each_policies;
using ovl_test::loop_filesystem;
using ovl_test::mounted_directory;
using ovl_test::needs_loop_filesystem;
using ovl_test::temporary_directory;

namespace {

void check_everywhere(const std::string& where, const ovl_test::expected_answers& expected) {
    const auto before = ovl_test::entries_of(where);
    for_each_policies([&]<class P>() { check_answers<P>(where, expected); });
    BOOST_TEST(ovl_test::entries_of(where) == before, boost::test_tools::per_element());
}

constexpr ovl_test::expected_answers no_writable_mount_because(reason because) {
    return {.native_diff = {answer::no, because},
            .metacopy_active = {answer::unknown, reason::no_writable_mount},
            .userxattr_needed = {answer::unknown, reason::no_writable_mount},
            .userxattr_needed_inside = {answer::unknown, reason::no_writable_mount}};
}

} // namespace

/// Every backend with every attribute class, on every filesystem that a machine offers.
BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(filesystems)

BOOST_AUTO_TEST_CASE(ext4, *precondition(needs_loop_filesystem{"ext4"})) {
    const loop_filesystem made{"ext4"};
    check_everywhere(made.path(), ovl_test::ordinary);
}

BOOST_AUTO_TEST_CASE(xfs, *precondition(needs_loop_filesystem{"xfs"})) {
    const loop_filesystem made{"xfs"};
    check_everywhere(made.path(), ovl_test::ordinary);
}

BOOST_AUTO_TEST_CASE(btrfs, *precondition(needs_loop_filesystem{"btrfs"})) {
    const loop_filesystem made{"btrfs"};
    check_everywhere(made.path(), ovl_test::ordinary);
}

BOOST_AUTO_TEST_CASE(tmpfs, *precondition(ovl::sandbox::needs_sandbox{})) {
    const mounted_directory made{"tmpfs", "mode=0755"};
    check_everywhere(made.path(), ovl_test::ordinary);
}

BOOST_AUTO_TEST_CASE(ramfs_has_no_attributes, *precondition(ovl::sandbox::needs_sandbox{})) {
    const mounted_directory made{"ramfs", nullptr};
    check_everywhere(made.path(),
                     {.native_diff = {answer::no, reason::no_xattrs},
                      .metacopy_active = {answer::no, reason::metacopy_without_xattrs},
                      .userxattr_needed = {answer::unknown, reason::no_writable_mount},
                      .userxattr_needed_inside = {answer::yes, reason::needed_but_no_user_xattrs}});
}

BOOST_AUTO_TEST_CASE(a_read_only_filesystem, *precondition(ovl::sandbox::needs_sandbox{})) {
    const temporary_directory source;
    const auto made = mounted_directory::read_only(source.path());
    check_everywhere(made.path(), no_writable_mount_because(reason::read_only_filesystem));
}

BOOST_AUTO_TEST_CASE(overlay_itself, *precondition(ovl::sandbox::needs_sandbox{})) {
    const temporary_directory layers;
    const std::string options =
        (ovl_test::kernel_is_before(5, 11) ? "lowerdir=" : "userxattr,lowerdir=") +
        layers.make("lower") + ",upperdir=" + layers.make("upper") +
        ",workdir=" + layers.make("work");
    const mounted_directory made{"overlay", options.c_str()};
    check_everywhere(made.path(), no_writable_mount_because(reason::overlay_on_overlay));
}

BOOST_AUTO_TEST_CASE(a_full_filesystem, *precondition(ovl::sandbox::needs_sandbox{})) {
    const mounted_directory made{"tmpfs", "mode=0755,nr_inodes=6"};
    constexpr ovl_test::expected_answer full{answer::unknown, reason::no_space};
    check_everywhere(made.path(), {full, full, full, full});
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
