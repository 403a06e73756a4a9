// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/try_user_namespace.hpp>

#include "support/refuse_calls.hpp"

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace test = boost::unit_test;

namespace {

constexpr uid_t somebody = 65534;
constexpr const char* switch_file = "/proc/sys/kernel/unprivileged_userns_clone";

/// Debian's kernels have it, and that of a guest is nobody else's.
struct needs_switch_to_turn {
    boost::test_tools::assertion_result operator()(test::test_unit_id id) const {
        if (auto root = ovl::sandbox::needs_root{}(id); !root)
            return root;
        boost::test_tools::assertion_result answer{std::getenv("OVL_GUEST") != nullptr &&
                                                   ::access(switch_file, F_OK) == 0};
        answer.message() << "needs a guest with Debian's kernel.unprivileged_userns_clone";
        return answer;
    }
};

volatile std::sig_atomic_t children_heard_of = 0;

/// Tells a trial's answer in one line, for a parent to read.
void tell(const ovl::result<ovl::namespace_trial>& trial) {
    if (!trial.has_value())
        std::printf("failed %s", std::string{trial.error().call}.c_str());
    else if (!trial.value())
        std::printf("granted");
    else
        std::printf("%s %s", std::string{name(trial.value()->stage)}.c_str(),
                    std::string{name(trial.value()->cause)}.c_str());
}

/// What a trial answers in a child in which `arrange` was done first.
template <class Arrange>
std::string answer_after(Arrange arrange) {
    const auto ended = ovl::sandbox::run_in_child([&] {
        if (!arrange()) {
            std::perror("cannot arrange it");
            return 1;
        }
        tell(ovl::try_user_namespace());
        return 0;
    });
    if (!ended.has_value())
        return "no child";
    return ended.value().exited_with(0) ? ended.value().output
                                        : ended.value().describe() + ended.value().errors;
}

/// In a user namespace of one's own a limit may be lowered without anybody else noticing.
bool lower_limit(const std::string& limit) {
    if (ovl::enter_user_namespace())
        return false;
    std::ofstream file{"/proc/sys/user/" + limit};
    file << 0 << std::flush;
    return file.good();
}

bool enter_chroot_with_proc() {
    char directory[] = "/tmp/ovl-chroot-XXXXXX";
    if (ovl::enter_user_namespace() || ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) != 0 ||
        ::mkdtemp(directory) == nullptr || ::chdir(directory) != 0 || ::mkdir("proc", 0755) != 0)
        return false;
    return ::mount("/proc", "proc", nullptr, MS_BIND | MS_REC, nullptr) == 0 && ::chroot(".") == 0;
}

} // namespace

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(try_user_namespace, *test::precondition(ovl::sandbox::needs_user_namespace{}))

BOOST_AUTO_TEST_CASE(the_caller_notices_nothing) {
    const auto ended = ovl::sandbox::run_in_child([] {
        ::signal(SIGCHLD, [](int) { children_heard_of = 1; });
        const auto before = ovl::read_user_namespace_facts().value();
        const auto trial = ovl::try_user_namespace();
        if (!trial.has_value() || trial.value())
            return 1;
        if (ovl::read_user_namespace_facts().value() != before)
            return 2;
        if (children_heard_of != 0)
            return 3;
        // Not even a wait for every kind of child finds one.
        return ::waitpid(-1, nullptr, __WALL) == -1 && errno == ECHILD ? 0 : 4;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_CASE(descriptors_are_given_back) {
    const auto lowest_free = [] {
        const int fd = ::dup(STDIN_FILENO);
        ::close(fd);
        return fd;
    };
    const int before = lowest_free();
    for (int i = 0; i != 8; ++i)
        BOOST_TEST(ovl::try_user_namespace().has_value());
    BOOST_TEST(lowest_free() == before);
}

BOOST_AUTO_TEST_CASE(threads_may_try_at_once) {
    const auto ended = ovl::sandbox::run_in_child([] {
        std::vector<std::thread> threads;
        std::vector<int> granted(4);
        for (int& count : granted)
            threads.emplace_back([&count] {
                for (int i = 0; i != 8; ++i) {
                    const auto trial = ovl::try_user_namespace();
                    count += trial.has_value() && !trial.value() ? 1 : 0;
                }
            });
        for (std::thread& each : threads)
            each.join();
        return granted == std::vector<int>(4, 8) ? 0 : 1;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

/// Its map files are then root's, and refused to others: which must not be taken for a refusal of the maps.
BOOST_AUTO_TEST_CASE(a_child_that_ends_at_once_is_no_refusal) {
    constexpr int trials = 64;
    const auto ended = ovl::sandbox::run_in_child([] {
        if (!ovl_test::refuse_call(SYS_read, EIO))
            return 1;
        for (int i = 0; i < trials; ++i) {
            const auto trial = ovl::try_user_namespace();
            if (trial.has_value() || trial.error().error_number != EIO)
                return 2;
        }
        return 0;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_CASE(a_child_that_has_ended_before_it_is_told_to_go_on) {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    const ovl::unique_fd ours{ends[0]};
    ::close(ends[1]);
    const auto report = ovl::detail::await_report(ours.get(), ours.get());
    BOOST_REQUIRE(!report.has_value());
    BOOST_TEST(report.error().error_number == EIO);
}

BOOST_AUTO_TEST_CASE(a_limit_of_user_namespaces_is_named) {
    BOOST_TEST(answer_after([] { return lower_limit("max_user_namespaces"); }) ==
               "clone max-user-namespaces");
}

BOOST_AUTO_TEST_CASE(a_limit_of_mount_namespaces_is_named) {
    BOOST_TEST(answer_after([] { return lower_limit("max_mnt_namespaces"); }) ==
               "mount-namespace max-mnt-namespaces");
}

BOOST_AUTO_TEST_CASE(a_limit_of_an_enclosing_namespace_is_named) {
    BOOST_TEST(answer_after([] {
                   return !ovl::enter_user_namespace() && [] {
                       std::ofstream file{"/proc/sys/user/max_user_namespaces"};
                       file << 1 << std::flush;
                       return file.good() && !ovl::enter_user_namespace();
                   }();
               }) == "clone enclosing-limit");
}

BOOST_AUTO_TEST_CASE(a_chroot_is_named) {
    BOOST_TEST(answer_after(enter_chroot_with_proc) == "clone chroot");
}

BOOST_AUTO_TEST_CASE(a_seccomp_filter_is_named) {
    BOOST_TEST(answer_after(ovl_test::refuse_user_namespaces) == "clone seccomp");
    BOOST_TEST(answer_after([] { return ovl_test::refuse_call(SYS_unshare, EPERM); }) ==
               "mount-namespace seccomp");
    BOOST_TEST(answer_after([] { return ovl_test::refuse_call(SYS_mount, EPERM); }) ==
               "private-mounts seccomp");
}

BOOST_AUTO_TEST_CASE(without_clone3_clone_does) {
    constexpr long clone3 = 435;
    BOOST_TEST(answer_after([] { return ovl_test::refuse_call(clone3, ENOSYS); }) == "granted");
}

BOOST_AUTO_TEST_CASE(an_unmapped_id_is_named) {
    BOOST_TEST(answer_after([] { return ::unshare(CLONE_NEWUSER) == 0; }) == "clone unmapped-id");
}

BOOST_AUTO_TEST_CASE(a_process_that_dropped_root_is_named,
                     *test::precondition(ovl::sandbox::needs_root{})) {
    BOOST_TEST(answer_after([] { return ::setresuid(somebody, somebody, somebody) == 0; }) ==
               "setgroups not-dumpable");
}

BOOST_AUTO_TEST_CASE(a_hidden_proc_is_named) {
    BOOST_TEST(answer_after([] {
                   return !ovl::enter_user_namespace() &&
                          ::mount("tmpfs", "/proc", "tmpfs", 0, nullptr) == 0;
               }) == "setgroups no-proc");
}

BOOST_AUTO_TEST_CASE(debians_switch_is_named, *test::precondition(needs_switch_to_turn{})) {
    std::ofstream{switch_file} << 0 << std::flush;
    BOOST_TEST(answer_after([] { return ::setresuid(somebody, somebody, somebody) == 0; }) ==
               "clone unprivileged-userns-clone");
    std::ofstream{switch_file} << 1 << std::flush;
}

BOOST_AUTO_TEST_CASE(what_has_nothing_to_do_with_namespaces_is_no_refusal) {
    BOOST_TEST(answer_after([] { return ovl_test::refuse_call(SYS_socketpair, EPERM); }) ==
               "failed socketpair");
    BOOST_TEST(answer_after([] { return ovl_test::refuse_call(SYS_sendto, EPERM); }) ==
               "failed sendto");
    for (const int error : {EDQUOT, EROFS, ESTALE, EBUSY})
        BOOST_TEST(answer_after([=] { return ovl_test::refuse_call(SYS_unshare, error); }) ==
                   "failed mount-namespace");
    // As a limit of the kernel's: only where something is created.
    BOOST_TEST(answer_after([] { return ovl_test::refuse_call(SYS_mount, ENOSPC); }) ==
               "failed private-mounts");
}

BOOST_AUTO_TEST_CASE(what_passes_by_is_no_refusal) {
    BOOST_TEST(answer_after([] {
                   const rlimit none{3, 3};
                   return ::setrlimit(RLIMIT_NOFILE, &none) == 0;
               }) == "failed socketpair");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
