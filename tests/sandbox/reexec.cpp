// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox/reexec.hpp>

#include "support/itself.hpp"
#include "support/refuse_calls.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <grp.h>
#include <ovl/detail/mountinfo.hpp>
#include <ovl/detail/read_text.hpp>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/sandbox/leftovers.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/prctl.h>
#include <sys/stat.h>

namespace test = boost::unit_test;
using ovl::sandbox::level;
using ovl::sandbox::run_in_child;
using ovl_test::run_itself;

namespace {

/// The refusal that a re-execution at `wanted` meets in a child after `arrange`.
template <class Arrange>
std::string refusal_after(level wanted, Arrange arrange) {
    const auto ended = run_in_child([&] {
        if (!arrange())
            return 1;
        std::string name = "unused";
        std::string question = "--list_content";
        char* arguments[] = {name.data(), question.data(), nullptr};
        const auto told = ovl::sandbox::reexecute(wanted, arguments);
        if (told.has_value())
            std::printf("ended with %d", told.value());
        else
            std::printf("%s %s", std::string{ovl::name(told.error().stage)}.c_str(),
                        std::string{ovl::name(told.error().cause)}.c_str());
        return 0;
    });
    if (!ended.has_value() || !ended.value().exited_with(0))
        return "no child";
    return ended.value().output;
}

constexpr uid_t user_with_ranges = 59996;

/// In a mount namespace of its own, has /etc say that there is a user with ranges of ids, and
/// becomes that user.
bool become_user_with_ranges() {
    const std::string files = std::getenv("TMPDIR");
    const std::string id = std::to_string(user_with_ranges);
    const auto say = [&](const std::string& file, const std::string& line) {
        std::ofstream{files + "/" + file} << line << std::flush;
        return ::mount((files + "/" + file).c_str(), ("/etc/" + file).c_str(), nullptr, MS_BIND,
                       nullptr) == 0;
    };
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        !say("passwd", "ranged:x:" + id + ":" + id + "::/tmp:/bin/sh\n") ||
        !say("subuid", "ranged:100000:65536\n") || !say("subgid", "ranged:200000:65536\n"))
        return false;
    ::setenv("TMPDIR", "/tmp", 1);
    return ::setgroups(0, nullptr) == 0 &&
           ::setresgid(user_with_ranges, user_with_ranges, user_with_ranges) == 0 &&
           ::setresuid(user_with_ranges, user_with_ranges, user_with_ranges) == 0 &&
           ::prctl(PR_SET_DUMPABLE, 1) == 0;
}

/// True root, which alone can make such a user up, and the helpers.
struct needs_range_helpers {
    boost::test_tools::assertion_result operator()(test::test_unit_id id) const {
        if (auto root = ovl::sandbox::needs_root{}(id); !root)
            return root;
        boost::test_tools::assertion_result answer{::access("/usr/bin/newuidmap", X_OK) == 0 &&
                                                   ::access("/etc/subuid", F_OK) == 0};
        answer.message() << "needs newuidmap and /etc/subuid";
        return answer;
    }
};

/// A limit of processes binds nobody who is root outside.
bool limit_processes() {
    constexpr uid_t somebody = 65534;
    const rlimit none{0, 0};
    if (ovl::sandbox::detail::is_true_root(ovl::read_namespace_facts()) &&
        ::setresuid(somebody, somebody, somebody) != 0)
        return false;
    ::setenv("TMPDIR", "/tmp", 1);
    return ::setrlimit(RLIMIT_NPROC, &none) == 0;
}

bool lower_limit(const char* limit) {
    if (ovl::enter_user_namespace())
        return false;
    std::ofstream file{std::string{"/proc/sys/user/"} + limit};
    file << 0 << std::flush;
    return file.good();
}

/// Every proc that is mounted, since one that is left whole would do; a chroot may have its own.
bool cover_each_proc() {
    bool covered = false;
    const auto text = ovl::detail::read_text("/proc/self/mountinfo");
    ovl::detail::for_each_mount(text.value(), [&](const ovl::detail::mountinfo_line& line) {
        if (line.type == "proc")
            covered |=
                ::mount("tmpfs", (line.mount_point + "/fs").c_str(), "tmpfs", 0, nullptr) == 0;
        return true;
    });
    return covered;
}

} // namespace

/// What is run at each level below, and looks at where it is.
BOOST_AUTO_TEST_SUITE(reexec_acts, *test::disabled())

BOOST_AUTO_TEST_CASE(looks_around) {
    const auto active = ovl::sandbox::current_session().active;
    BOOST_REQUIRE(active.has_value());
    const auto facts = ovl::read_namespace_facts();
    BOOST_TEST(facts.privileged);
    const std::string tmpfs = std::getenv("TMPDIR");
    BOOST_TEST(::rmdir(tmpfs.c_str()) == -1); // EBUSY: a mount point
    BOOST_TEST(::mkdir((tmpfs + "/d").c_str(), 0700) == 0);
    BOOST_TEST(::mount("tmpfs", (tmpfs + "/d").c_str(), "tmpfs", 0, nullptr) == 0);
    BOOST_TEST(::umount((tmpfs + "/d").c_str()) == 0);
    BOOST_TEST((std::getenv(ovl::sandbox::marker_variable) == nullptr));
    const std::string outer_uid = std::getenv("OVL_TEST_OUTER_UID");
    const auto uid_map = ovl::read_user_namespace_facts().value().uid_map.value();
    switch (*active) {
    case level::root:
        BOOST_TEST(facts.nesting.value() == 0u);
        break;
    case level::userns:
        BOOST_TEST(uid_map == "0 " + outer_uid + " 1");
        break;
    case level::userns_self:
        BOOST_TEST(uid_map == outer_uid + " " + outer_uid + " 1");
        BOOST_TEST(std::to_string(::getuid()) == outer_uid);
        break;
    case level::userns_range:
        BOOST_TEST(ovl::detail::maps_id(uid_map, 1));
        BOOST_TEST(::chown((tmpfs + "/d").c_str(), 1, 1) == 0);
        break;
    case level::nested:
        BOOST_TEST(uid_map == "0 0 1");
        break;
    case level::pid:
        BOOST_TEST(::getpid() == 2);
        BOOST_TEST(ovl::detail::same_inode("/proc/2/exe", "/proc/self/exe"));
        break;
    case level::old_kernel:
        BOOST_TEST(::syscall(430, "tmpfs", 0) == -1);
        BOOST_TEST(errno == ENOSYS);
        break;
    }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(sandbox)
BOOST_AUTO_TEST_SUITE(reexec)

BOOST_AUTO_TEST_CASE(every_level_is_what_it_says,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    const auto facts = ovl::read_namespace_facts();
    for (std::size_t i = 0; i != ovl::sandbox::level_names.size(); ++i) {
        const std::string name{ovl::sandbox::level_names[i]};
        const auto ended = run_itself(
            "reexec_acts/looks_around",
            {"OVL_SANDBOX_LEVEL=" + name, "OVL_TEST_OUTER_UID=" + std::to_string(::geteuid())});
        BOOST_TEST_CONTEXT(name << ": " << ended.describe() << ended.output << ended.errors) {
            const auto refused = ended.output.find("UNAVAILABLE");
            const bool only_root = static_cast<level>(i) == level::root;
            const bool needs_range = static_cast<level>(i) == level::userns_range;
            if ((only_root || needs_range) && !ovl::sandbox::detail::is_true_root(facts))
                BOOST_TEST((refused == std::string::npos ||
                            ended.output.find("cause=not-root") != std::string::npos ||
                            ended.output.find("cause=no-subordinate-ids") != std::string::npos ||
                            ended.output.find("cause=newuidmap-missing") != std::string::npos));
            else
                BOOST_TEST(refused == std::string::npos);
            if (refused == std::string::npos)
                BOOST_TEST(ended.exited_with(0));
        }
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_left_of_it_outside,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    std::string parent = std::string{std::getenv("TMPDIR") ? std::getenv("TMPDIR") : "/tmp"};
    parent += "/ovl-left-XXXXXX";
    BOOST_REQUIRE(::mkdtemp(parent.data()) != nullptr);
    const auto before = ovl::sandbox::current_mounts();
    const auto ended =
        run_itself("boost_test_main_acts/passes", {"OVL_SANDBOX_LEVEL=userns", "TMPDIR=" + parent});
    BOOST_TEST(ended.exited_with(0), ended.describe() << ended.errors);
    BOOST_TEST(ovl::sandbox::changes_of_mounts(before, ovl::sandbox::current_mounts()).empty());
    BOOST_TEST(::rmdir(parent.c_str()) == 0); // ENOTEMPTY where the mount point stayed
}

BOOST_AUTO_TEST_CASE(each_refusal_is_told_by_its_stage,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    BOOST_TEST(refusal_after(level::userns, [] { return lower_limit("max_user_namespaces"); }) ==
               "clone max-user-namespaces");
    BOOST_TEST(refusal_after(level::userns, [] { return lower_limit("max_mnt_namespaces"); }) ==
               "mount-namespace max-mnt-namespaces");
    BOOST_TEST(refusal_after(level::pid, [] { return lower_limit("max_pid_namespaces"); }) ==
               "pid-namespace max-pid-namespaces");
    BOOST_TEST(refusal_after(level::userns, ovl_test::refuse_user_namespaces) == "clone seccomp");
    BOOST_TEST(refusal_after(level::nested, [] {
                   return ovl_test::refuse_call(SYS_unshare, EPERM);
               }) == "mount-namespace seccomp");
    BOOST_TEST(refusal_after(level::userns, [] {
                   return ovl_test::refuse_call(SYS_execve, EPERM);
               }) == "exec seccomp");
    BOOST_TEST(refusal_after(level::userns, [] {
                   constexpr unsigned flags = 3;
                   return ovl_test::refuse_call_with(SYS_mount, flags, 0, ENODEV);
               }) == "tmpfs filesystem-missing");
    BOOST_TEST(refusal_after(level::userns, limit_processes) == "clone process-limit");
    BOOST_TEST(refusal_after(level::userns, [] {
                   constexpr long clone3 = 435;
                   return ovl_test::refuse_call(clone3, ENOMEM);
               }) == "clone out-of-memory");
    BOOST_TEST(refusal_after(level::root, [] { return !ovl::enter_user_namespace(); }) ==
               "mount-namespace not-root");
    BOOST_TEST(refusal_after(level::userns, [] {
                   return ::setenv("TMPDIR", "/there/is/no/such/directory", 1) == 0;
               }) == "tmpfs unknown");
}

BOOST_AUTO_TEST_CASE(a_covered_proc_is_told_at_the_pid_level,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    // As container runtimes do: the kernel then gives a user namespace no fresh proc.
    BOOST_TEST(refusal_after(level::pid, [] {
                   return !ovl::enter_user_namespace() && cover_each_proc();
               }) == "proc proc-masked");
}

BOOST_AUTO_TEST_CASE(a_range_needs_an_entry_and_a_privileged_helper,
                     *test::precondition(ovl::sandbox::needs_user_namespace{})) {
    const auto hide_ranges = [](const char* line) {
        if (ovl::enter_user_namespace() || ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) != 0)
            return false;
        std::ofstream{"/tmp/range"} << line << std::flush;
        ::setenv("PATH", "/tmp", 1);
        ::setenv("TMPDIR", "/tmp", 1);
        for (const char* const file : {"/etc/subuid", "/etc/subgid"})
            if (::access(file, F_OK) == 0 &&
                ::mount("/tmp/range", file, nullptr, MS_BIND, nullptr) != 0)
                return false;
        return true;
    };
    if (::access("/etc/subgid", F_OK) == 0) {
        BOOST_TEST(refusal_after(level::userns_range, [&] { return hide_ranges(""); }) ==
                   "newgidmap no-subordinate-ids");
        BOOST_TEST(refusal_after(level::userns_range, [&] { return hide_ranges("0:1:1"); }) ==
                   "newgidmap newuidmap-missing");
    } else {
        BOOST_TEST(refusal_after(level::userns_range, [] {
                       return !ovl::enter_user_namespace();
                   }) == "newgidmap no-subordinate-ids");
    }
}

BOOST_AUTO_TEST_CASE(an_ordinary_user_gets_a_range_through_the_helpers,
                     *test::precondition(needs_range_helpers{})) {
    const auto ended = run_in_child([] {
        if (!become_user_with_ranges())
            return 1;
        const auto inner =
            run_itself("reexec_acts/looks_around",
                       {"OVL_SANDBOX_LEVEL=userns-range",
                        "OVL_TEST_OUTER_UID=" + std::to_string(user_with_ranges), "TMPDIR=/tmp"});
        std::puts((inner.output + inner.errors).c_str());
        return inner.exited_with(0) &&
                       inner.output.find("active level=userns-range") != std::string::npos
                   ? 0
                   : 2;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe() << ended.value().output);
}

BOOST_AUTO_TEST_CASE(the_helpers_need_their_privilege, *test::precondition(needs_range_helpers{})) {
    BOOST_TEST(refusal_after(level::userns_range, [] {
                   return become_user_with_ranges() &&
                          ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
               }) == "newgidmap no-new-privs");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
