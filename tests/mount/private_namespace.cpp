// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/read_text.hpp>
#include <ovl/mount/private_namespace.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>

#include "support/kept_busy.hpp"
#include "support/print.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <linux/capability.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using boost::unit_test::precondition;

namespace {

std::string mountinfo(const char* path = "/proc/thread-self/mountinfo") {
    const auto text = ovl::detail::read_text(path);
    BOOST_REQUIRE(text.has_value());
    return text.value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounting)
BOOST_AUTO_TEST_SUITE(private_namespace)

BOOST_AUTO_TEST_CASE(what_is_mounted_in_it_is_seen_there_alone,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    const ovl_test::temporary_directory base;
    const std::string before = mountinfo();
    bool mounted = false;
    bool seen_inside = false;
    const auto done = ovl::in_private_mount_namespace([&] {
        mounted = ::mount("ovl-tests", base.path().c_str(), "tmpfs", 0, nullptr) == 0;
        seen_inside = mountinfo().find(base.path()) != std::string::npos;
    });
    BOOST_TEST(done.has_value());
    BOOST_TEST(mounted);
    BOOST_TEST(seen_inside);
    BOOST_TEST(mountinfo() == before);
}

BOOST_AUTO_TEST_CASE(nothing_propagates_out_of_a_shared_mount,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    const ovl_test::temporary_directory base;
    const std::string shared = base.make("shared");
    BOOST_REQUIRE(::mount("ovl-tests", shared.c_str(), "tmpfs", 0, nullptr) == 0);
    BOOST_REQUIRE(::mount(nullptr, shared.c_str(), nullptr, MS_SHARED, nullptr) == 0);
    const std::string before = mountinfo();
    bool mounted = false;
    const auto done = ovl::in_private_mount_namespace([&] {
        mounted = ::mkdir((shared + "/below").c_str(), 0700) == 0 &&
                  ::mount("ovl-tests", (shared + "/below").c_str(), "tmpfs", 0, nullptr) == 0;
    });
    BOOST_TEST(done.has_value());
    BOOST_TEST(mounted);
    BOOST_TEST(mountinfo() == before);
    BOOST_TEST(::umount2(shared.c_str(), 0) == 0);
}

/// It had copies of every mount; one that lives on keeps its filesystem busy, and a loop device in use.
BOOST_AUTO_TEST_CASE(no_filesystem_is_kept_busy_once_it_returns,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    BOOST_TEST(ovl_test::times_kept_busy(
                   [] { BOOST_TEST(ovl::in_private_mount_namespace([] {}).has_value()); }) == 0);
}

BOOST_AUTO_TEST_CASE(the_callers_working_directory_and_mask_stay,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    char before[4096] = {};
    char after[4096] = {};
    BOOST_REQUIRE(::getcwd(before, sizeof before) != nullptr);
    const mode_t mask = ::umask(022);
    bool moved = false;
    const auto done = ovl::in_private_mount_namespace([&] {
        ::umask(077);
        moved = ::chdir("/proc") == 0;
    });
    BOOST_TEST(done.has_value());
    BOOST_TEST(moved);
    BOOST_TEST(::umask(mask) == 022u);
    BOOST_REQUIRE(::getcwd(after, sizeof after) != nullptr);
    BOOST_TEST(std::string{after} == before);
}

BOOST_AUTO_TEST_CASE(without_the_privilege_the_work_is_not_begun) {
    const auto ended = ovl::sandbox::run_in_child([] {
        // No capability is left, in whichever user namespace this is.
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        const __user_cap_data_struct none[2] = {};
        if (::syscall(SYS_capset, &header, none) != 0)
            return 3;
        bool worked = false;
        const auto done = ovl::in_private_mount_namespace([&] { worked = true; });
        if (worked || done.has_value())
            return 4;
        return done.error().error_number == EPERM &&
                       done.error().where == ovl::step::enter_namespace
                   ? 0
                   : 5;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
