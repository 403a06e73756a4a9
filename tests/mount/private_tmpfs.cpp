// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/private_tmpfs.hpp>

#include "support/kept_busy.hpp"
#include "support/refuse_calls.hpp"

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <ovl/detail/read_text.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>
#include <vector>

BOOST_AUTO_TEST_SUITE(mounting)
BOOST_AUTO_TEST_SUITE(private_tmpfs, *boost::unit_test::precondition(ovl::sandbox::needs_sandbox{}))

BOOST_AUTO_TEST_CASE(it_is_empty_and_hides_nothing) {
    struct stat root_before {};
    BOOST_REQUIRE(::stat("/", &root_before) == 0);
    struct statfs found {};
    struct stat root_inside {};
    bool made = false;
    bool sees_proc = false;
    ovl::private_tmpfs apart;
    const auto entered = apart.run([&](int tmpfs) {
        ::fstatfs(tmpfs, &found);
        ::stat("/", &root_inside);
        made = ::mkdirat(tmpfs, "directory", 0755) == 0;
        sees_proc = ::access("/proc/self/fd", F_OK) == 0;
    });
    BOOST_REQUIRE(entered.has_value());
    constexpr long tmpfs_magic = 0x01021994;
    BOOST_TEST(found.f_type == tmpfs_magic);
    BOOST_TEST(root_inside.st_ino == root_before.st_ino);
    BOOST_TEST(root_inside.st_dev == root_before.st_dev);
    BOOST_TEST(made);
    BOOST_TEST(sees_proc);
}

BOOST_AUTO_TEST_CASE(nobody_else_sees_it_and_nothing_stays) {
    const auto mounts = [] {
        const auto text = ovl::detail::read_text("/proc/self/mountinfo");
        BOOST_REQUIRE(text.has_value());
        return text.value();
    };
    const std::string before = mounts();
    std::string during;
    {
        ovl::private_tmpfs apart;
        // The whole process' view is its main thread's.
        const auto entered = apart.run([&](int) { during = mounts(); });
        BOOST_REQUIRE(entered.has_value());
        BOOST_TEST(mounts() == before);
    }
    BOOST_TEST(during == before);
    BOOST_TEST(mounts() == before);
}

BOOST_AUTO_TEST_CASE(one_namespace_serves_all_and_each_finds_an_empty_directory) {
    const auto namespace_of_thread = [] {
        struct stat found {};
        BOOST_REQUIRE(::stat("/proc/thread-self/ns/mnt", &found) == 0);
        return found.st_ino;
    };
    ovl::private_tmpfs apart;
    std::vector<ino_t> seen;
    for (int uses = 0; uses != 3; ++uses) {
        bool made = false;
        const auto entered = apart.run([&](int tmpfs) {
            seen.push_back(namespace_of_thread());
            made = ::mkdirat(tmpfs, "directory", 0755) == 0 && ::fchdir(tmpfs) == 0;
        });
        BOOST_TEST(entered.has_value());
        BOOST_TEST(made);
    }
    BOOST_REQUIRE(seen.size() == 3U);
    BOOST_TEST(seen[0] != namespace_of_thread());
    BOOST_TEST(seen[1] == seen[0]);
    BOOST_TEST(seen[2] == seen[0]);
}

BOOST_AUTO_TEST_CASE(a_refusal_is_told_and_nothing_is_run) {
    const auto ended = ovl::sandbox::run_in_child([] {
        if (!ovl_test::refuse_call(SYS_mount, EPERM))
            return 1;
        bool run = false;
        ovl::private_tmpfs apart;
        for (int uses = 0; uses != 2; ++uses) {
            const auto entered = apart.run([&](int) { run = true; });
            if (run || entered.has_value() || entered.error().error_number != EPERM)
                return 2;
        }
        return 0;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

/// Its thread had copies of every mount; see private_namespace.
BOOST_AUTO_TEST_CASE(no_filesystem_is_kept_busy_once_it_has_ended) {
    BOOST_TEST(ovl_test::times_kept_busy([] {
                   ovl::private_tmpfs apart;
                   BOOST_TEST(apart.run([](int) {}).has_value());
               }) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
