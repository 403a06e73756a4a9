// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/expected_answers.hpp"
#include "support/mounted_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/sandbox/child.hpp>
#include <string>
#include <sys/prctl.h>
#include <sys/quota.h>

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

constexpr uid_t somebody = 1000;

const char* disk_with_quotas() {
    return std::getenv("OVL_TEST_EXT4_QUOTA");
}

struct needs_quotas {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
        return ovl::sandbox::detail::met_if(disk_with_quotas() != nullptr,
                                            "needs a guest with a disk that keeps quotas");
    }
};

/// Lets `somebody` own so many inodes on the disk that is mounted at `place`.
bool limit_inodes(const std::string& place, unsigned limit) {
    std::ifstream mounts{"/proc/self/mounts"};
    std::string device, at, rest;
    while (mounts >> device >> at && std::getline(mounts, rest) && at != place)
        ;
    char ignored[] = "/";
    const int on = ::quotactl(QCMD(Q_QUOTAON, USRQUOTA), device.c_str(), QFMT_VFS_V1, ignored);
    if (on != 0 && errno != EEXIST)
        return false;
    dqblk limits{};
    limits.dqb_ihardlimit = limit;
    limits.dqb_valid = QIF_ILIMITS;
    return ::quotactl(QCMD(Q_SETQUOTA, USRQUOTA), device.c_str(), static_cast<int>(somebody),
                      reinterpret_cast<char*>(&limits)) == 0;
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

BOOST_AUTO_TEST_CASE(a_quota_that_is_reached, *precondition(needs_quotas{})) {
    const std::string place = disk_with_quotas();
    const auto answer_with = [&](unsigned limit) {
        BOOST_REQUIRE_MESSAGE(limit_inodes(place, limit), std::strerror(errno));
        const auto ended = ovl::sandbox::run_in_child([&] {
            if (::setresuid(somebody, somebody, somebody) != 0 ||
                ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0 || ovl::enter_user_namespace())
                return 1;
            const auto found = ovl::run<ovl::rootless, ovl::native_diff>(place).front();
            std::puts(found.why().c_str());
            return found.because == reason::no_space ? 2 : 0;
        });
        BOOST_REQUIRE(ended.has_value());
        BOOST_TEST_MESSAGE(ended.value().output);
        return ended.value().number;
    };
    BOOST_TEST(answer_with(3) == 2);
    BOOST_TEST(answer_with(0) == 0);
    BOOST_TEST(ovl_test::entries_of(place) == std::vector<std::string>{"lost+found"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
