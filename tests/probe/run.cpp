// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/answers_in_child.hpp"
#include "support/expected_answers.hpp"
#include "support/fake_mount.hpp"
#include "support/kernel_version.hpp"
#include "support/mounted_directory.hpp"
#include "support/recording_fs.hpp"
#include "support/scripted_run.hpp"

#include <algorithm>
#include <atomic>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <ovl/probe/inode_index.hpp>
#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/metacopy_option.hpp>
#include <ovl/probe/override_creds_option.hpp>
#include <ovl/probe/uuid_option.hpp>
#include <ovl/probe/writable_mount.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <thread>
#include <vector>

using boost::unit_test::precondition;
using ovl::answer;
using ovl::reason;
using ovl_test::all_backends;
using ovl_test::all_policies;
using ovl_test::check;
using ovl_test::temporary_directory;
using ovl_test::trusted_policies;
using ovl_test::trusted_with;
using ovl_test::user_policies;
using ovl_test::user_with;
using ovl_test::without_proc;

namespace {

/// Says that the filesystem is read-only, but for the first time that it is asked.
struct turning_read_only_fs : ovl::posix_fs {
    mutable int asked = 0;

    [[nodiscard]] ovl::result<struct statfs> filesystem_status(int fd) const {
        auto found = ovl::posix_fs::filesystem_status(fd);
        if (found.has_value() && asked++ > 0)
            found.value().f_flags |= ST_RDONLY;
        return found;
    }
};

/// How many mounts a run of these makes. All of them are answered.
template <ovl::mount_backend M, ovl::xattr_namespace X, class... Q>
[[nodiscard]] int mounts_of(const std::string& where) {
    using P = ovl::policy_set<X, ovl_test::counting_mount<M>, ovl::posix_fs>;
    int mounts = 0;
    for (const ovl::verdict& found :
         ovl::run<P, Q...>(where, {}, P{.mount = {&mounts, {}}, .fs = {}}))
        BOOST_TEST(found.is != answer::unknown, found.why());
    return mounts;
}

/// Whichever class can be seen here.
template <ovl::mount_backend M>
[[nodiscard]] std::array<ovl::verdict, 2> ask_pair(const ovl::directory& where,
                                                   const ovl::mount_options& extra = {}) {
    return ovl_test::in_user_namespace()
               ? ovl::run<user_with<M>, ovl::native_diff, ovl::metacopy_active>(where, extra)
               : ovl::run<trusted_with<M>, ovl::native_diff, ovl::metacopy_active>(where, extra);
}

/// What the trusted class's metacopy is said to be in a child in which this was done before.
template <class Arrange>
std::string why_after(Arrange arrange) {
    const auto ended = ovl::sandbox::run_in_child([&] {
        if (!arrange())
            return 1;
        std::printf("%s",
                    ovl::run<ovl::rootful, ovl::metacopy_active>("/tmp").front().why().c_str());
        return 0;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
    return ended.value().output;
}

/// After without_proc: what a security module is said to hold of this process.
bool confined_by(std::string_view label) {
    if (::mkdir("/proc/self", 0755) != 0 || ::mkdir("/proc/self/attr", 0755) != 0)
        return false;
    const ovl::unique_fd fd{
        ::open("/proc/self/attr/current", O_WRONLY | O_CREAT | O_CLOEXEC, 0644)};
    return ::write(fd.get(), label.data(), label.size()) == static_cast<ssize_t>(label.size());
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(run)

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(answers_by_descriptor_as_by_path, P, user_policies) {
    const temporary_directory base;
    for (const int flags : {O_RDONLY, O_PATH}) {
        const ovl::unique_fd fd{::open(base.path().c_str(), flags | O_DIRECTORY | O_CLOEXEC)};
        const auto by_path = ovl_test::ask_all<P>(base.path());
        const auto by_descriptor = ovl_test::ask_all<P>(ovl::directory::of(fd.get()));
        for (std::size_t i = 0; i < by_path.size(); ++i) {
            BOOST_TEST_CONTEXT(by_descriptor[i].why())
            BOOST_TEST(by_descriptor[i].because == by_path[i].because);
        }
        check(by_descriptor[0], ovl_test::ordinary.native_diff);
    }
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE_TEMPLATE(a_directory_that_cannot_be_opened_is_unknown, P, all_policies) {
    const temporary_directory base;
    const std::string file = base.make_file("file");
    const auto check_errno = [](const ovl::directory& where, int error) {
        for (const ovl::verdict& found : ovl_test::ask_all<P>(where)) {
            BOOST_TEST(found.is == answer::unknown);
            BOOST_REQUIRE(found.evidence.has_value());
            // Attaching backends enter a namespace first, which takes privilege.
            if (found.evidence->where == ovl::step::enter_namespace) {
                BOOST_TEST(!ovl::sandbox::current_session().active.has_value());
                continue;
            }
            BOOST_TEST(found.because == reason::directory_not_opened);
            BOOST_TEST(found.evidence->error_number == error);
            BOOST_TEST(found.evidence->subject == where.name());
        }
    };
    check_errno(base.path("missing"), ENOENT);
    check_errno(file, ENOTDIR);
    check_errno("", ENOENT);
    check_errno(base.path(std::string(300, 'x')), ENAMETOOLONG);
    check_errno(std::string(5000, '/'), ENAMETOOLONG);
    check_errno(base.path() + std::string{"\0hidden", 7}, EINVAL);
    check_errno(ovl::directory::of(-1), EBADF);
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(questions_with_the_same_options_share_one_mount, M, all_backends) {
    const temporary_directory base;
    BOOST_TEST(
        (mounts_of<M, ovl::user_xattr, ovl::native_diff, ovl::metacopy_active>(base.path())) == 1);
    // One with userxattr and one without.
    BOOST_TEST((mounts_of<M, ovl::user_xattr, ovl::native_diff, ovl::metacopy_active,
                          ovl::userxattr_needed>(base.path())) == 2);
}

BOOST_TEST_DECORATOR(*precondition(ovl::sandbox::needs_root{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(as_root_all_three_share_one_mount, M, all_backends) {
    const temporary_directory base;
    BOOST_TEST((mounts_of<M, ovl::trusted_xattr, ovl::native_diff, ovl::metacopy_active,
                          ovl::userxattr_needed>(base.path())) == 1);
}

/// The options of the mounts that three questions make, whose options do not touch each other.
[[nodiscard]] static std::vector<std::string> mounts_of_three(ovl_test::scripted_world& world) {
    using scripted = ovl_test::scripted_world::policies;
    const scripted set{.mount = {&world.mounts}, .fs = {&world.files}};
    static_cast<void>(
        ovl::run<scripted, ovl::index_option, ovl::uuid_option, ovl::override_creds_option>(".", {},
                                                                                            set));
    std::vector<std::string> mounts;
    for (const ovl_test::asked_options& asked : world.mounts.asked) {
        std::string options;
        for (const std::string& option : asked)
            options += option == "userxattr" || option == "volatile" ? "" : option + " ";
        mounts.push_back(options);
    }
    return mounts;
}

BOOST_AUTO_TEST_CASE(options_that_do_not_touch_each_other_share_one_mount) {
    ovl_test::scripted_world world;
    const std::vector<std::string> one{"index=on uuid=on override_creds "};
    BOOST_TEST(mounts_of_three(world) == one, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_they_are_refused_together_each_gets_its_own_mount) {
    ovl_test::scripted_world world;
    world.refuse_option("override_creds", EINVAL);
    // What is refused is tried without volatile, until that is known to be taken; and the last of all without
    // override_creds.
    const std::vector<std::string> each{"index=on uuid=on override_creds ",
                                        "index=on uuid=on override_creds ",
                                        "index=on ",
                                        "uuid=on ",
                                        "override_creds ",
                                        ""};
    BOOST_TEST(mounts_of_three(world) == each, boost::test_tools::per_element());
}

BOOST_TEST_DECORATOR(*precondition(ovl::sandbox::needs_root{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(redirect_dir_switched_on_is_no, P, trusted_policies) {
    const temporary_directory base;
    const ovl::mount_options extra{.redirect_dir = ovl::redirect_dir_mode::on,
                                   .metacopy = ovl::toggle::off};
    const auto found = ovl::run<P, ovl::native_diff, ovl::metacopy_active>(base.path(), extra);
    check(found[0], {answer::no, reason::redirect_dir_on});
    BOOST_TEST(found[0].evidence->subject == "redirect=native-diff.d1");
    check(found[1], {answer::no, reason::metacopy_off});
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_TEST_DECORATOR(*precondition(ovl::sandbox::needs_root{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(metacopy_switched_on_is_seen_by_both, P, trusted_policies) {
    const temporary_directory base;
    const ovl::mount_options extra{.metacopy = ovl::toggle::on};
    const auto found = ovl::run<P, ovl::native_diff, ovl::metacopy_active>(base.path(), extra);
    check(found[0], {answer::no, reason::redirect_dir_on_by_metacopy});
    check(found[1], {answer::yes, reason::metacopy_on});
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(metacopy_with_userxattr_is_refused_and_not_taken_for_off, P,
                              user_policies) {
    const temporary_directory base;
    const ovl::mount_options extra{.metacopy = ovl::toggle::on};
    for (const ovl::verdict& found :
         ovl::run<P, ovl::native_diff, ovl::metacopy_active>(base.path(), extra))
        check(found, {answer::unknown, reason::bad_mount_option});
}

BOOST_TEST_DECORATOR(*precondition(ovl::sandbox::needs_sandbox{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(an_option_that_does_not_exist_is_named, M, all_backends) {
    const temporary_directory base;
    ovl::mount_options extra{};
    extra.others = {{"metacopi", "on"}};
    // Up to Linux 6.4 fsconfig(2) strings options together, and none is looked at until the mount is made.
    const bool strung_together =
        ovl_test::kernel_is_before(6, 5) &&
        (std::is_same_v<M, ovl::fsopen_mount> || std::is_same_v<M, ovl::best_mount>);
    for (const ovl::verdict& found : ask_pair<M>(base.path(), extra)) {
        check(found, {answer::unknown, reason::bad_mount_option});
        BOOST_REQUIRE(found.evidence.has_value());
        BOOST_TEST(
            (strung_together || found.evidence->subject.find("metacopi=on") != std::string::npos));
        if (std::is_same_v<M, ovl::fsopen_mount> && !strung_together)
            BOOST_TEST(found.evidence->kernel_message == "Unknown parameter 'metacopi'");
    }
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(says_which_backend_mounted_and_on_what,
                     *precondition(ovl_test::needs_userxattr{})) {
    const temporary_directory base;
    ovl_test::for_each_policies<user_policies>([&]<class P>() {
        const std::array questions{ovl::question_of<P, ovl::native_diff>()};
        std::array<ovl::verdict, 1> verdicts;
        const ovl::run_facts facts = ovl::run<P>(
            base.path(), std::span<const ovl::question<P>>{questions}, std::span{verdicts});
        BOOST_TEST(facts.backend == P::mount_class::name);
        BOOST_REQUIRE(facts.filesystem.has_value());
        struct statfs expected {};
        BOOST_REQUIRE(::statfs(base.path().c_str(), &expected) == 0);
        BOOST_TEST(facts.filesystem->magic == static_cast<std::uint64_t>(expected.f_type));
    });
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(what_a_killed_probe_left_is_swept, P, user_policies) {
    const temporary_directory base;
    const std::string parent = ".ovl-probe-" + std::to_string(::geteuid());
    const std::string child = parent + "/ovl-scratch-0123456789abcdef";
    base.make(parent, 01700);
    base.make(child, 01700);
    base.make(child + "/work");
    base.make(child + "/work/work", 0);
    check(ovl_test::ask_all<P>(base.path())[0], ovl_test::ordinary.native_diff);
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(threads_that_ask_at_once_get_the_same_answers, M, all_backends) {
    const temporary_directory base;
    std::atomic<int> wrong{0};
    std::vector<std::thread> askers;
    for (int i = 0; i < 4; ++i)
        askers.emplace_back([&] {
            for (int round = 0; round < 5; ++round) {
                const auto found =
                    ovl::run<user_with<M>, ovl::native_diff, ovl::metacopy_active>(base.path());
                wrong += found[0] != answer::yes || found[1] != answer::no;
            }
        });
    for (std::thread& each : askers)
        each.join();
    BOOST_TEST(wrong == 0);
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(answers_alone_as_it_does_in_company,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    const temporary_directory base;
    const auto together =
        ovl::run<ovl::rootless, ovl::native_diff, ovl::metacopy_active, ovl::userxattr_needed>(
            base.path());
    const std::array alone{ovl::does_support_native_diff<ovl::rootless>(base.path()),
                           ovl::using_metacopy<ovl::rootless>(base.path()),
                           ovl::needs_userxattr<ovl::rootless>(base.path())};
    for (std::size_t i = 0; i < alone.size(); ++i)
        BOOST_TEST(alone[i].because == together[i].because);
}

BOOST_AUTO_TEST_CASE(works_in_a_directory_with_a_name_that_needs_escaping,
                     *precondition(ovl_test::needs_userxattr{})) {
    const temporary_directory base;
    for (const char* name : {"a:b,c\\d e", "new\nline", "tab\t", "\"quoted\"", "#hash", "x=y",
                             "100%", "\xff\xfe", "backslash\\", ",", ":"}) {
        const std::string where = base.make(name);
        ovl_test::for_each_policies<user_policies>([&]<class P>() {
            BOOST_TEST_CONTEXT(name)
            check(ovl_test::ask_all<P>(where)[0], ovl_test::ordinary.native_diff);
        });
        BOOST_TEST(ovl_test::entries_of(where).empty());
    }
}

BOOST_AUTO_TEST_CASE(takes_all_answers_of_a_mount_back_where_the_place_has_changed,
                     *precondition(ovl_test::needs_userxattr{})) {
    using P = ovl::policy_set<ovl::user_xattr, ovl::best_mount, turning_read_only_fs>;
    const temporary_directory base;
    for (const ovl::verdict& found :
         ovl::run<P, ovl::native_diff, ovl::metacopy_active>(base.path())) {
        BOOST_TEST(found.is == answer::unknown, found.why());
        BOOST_TEST((found.because == reason::place_changed), found.why());
    }
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(a_no_of_a_refused_mount_is_taken_back_where_the_place_has_changed) {
    ovl_test::scripted_world world;
    world.mounts.refuses =
        [&](const ovl_test::asked_options& asked) -> std::optional<ovl::failure> {
        if (!ovl_test::asks_for(asked, "metacopy=on"))
            return std::nullopt;
        world.files.read_only = true;
        return ovl_test::mount_failure(EINVAL);
    };
    check(world.ask<ovl::metacopy_option>(), answer::unknown, reason::place_changed);
}

/// What one mount leaves is in the way of the next, and says nothing of what that would have answered.
BOOST_AUTO_TEST_CASE(layers_that_cannot_be_cleared_away_answer_nothing) {
    ovl_test::scripted_world world;
    world.mounts.refuses = [&](const ovl_test::asked_options&) -> std::optional<ovl::failure> {
        world.files.errors["remove_directory"] = world.files.errors["read_entries"] = EIO;
        return std::nullopt;
    };
    const ovl_test::scripted_world::policies set{.mount = {&world.mounts}, .fs = {&world.files}};
    const auto found =
        ovl::run<ovl_test::scripted_world::policies, ovl::writable_mount, ovl::metacopy_option>(
            ".", {}, set);
    BOOST_TEST((found[0] == answer::no), found[0].why());
    BOOST_TEST((found[1] == answer::unknown), found[1].why());
    BOOST_TEST(found[1].evidence->error_number == EIO);
}

BOOST_AUTO_TEST_CASE(works_at_the_end_of_a_long_path, *precondition(ovl_test::needs_userxattr{})) {
    const temporary_directory base;
    std::string below;
    for (int level = 0; level < 12; ++level) {
        below += (level == 0 ? "" : "/") + std::string(200, 'x');
        base.make(below);
    }
    ovl_test::for_each_policies<user_policies>([&]<class P>() {
        check(ovl_test::ask_all<P>(base.path(below))[0], ovl_test::ordinary.native_diff);
    });
    BOOST_TEST(ovl_test::entries_of(base.path(below)).empty());
}

/// The trusted class cannot be seen in a user namespace; without /proc nobody can tell that this is one.
BOOST_AUTO_TEST_CASE(without_proc_the_class_is_not_ruled_out,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    const std::string why = why_after(without_proc);
    BOOST_TEST(why.find("read-facts") == std::string::npos, why);
    BOOST_TEST(why.find("namespace") == std::string::npos, why);
}

BOOST_AUTO_TEST_CASE(what_proc_does_not_tell_is_not_made_up,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    const std::string why =
        why_after([] { return without_proc() && ::symlink("self", "/proc/self") == 0; });
    BOOST_TEST(why.find("read-facts: stat /proc/self: ELOOP") != std::string::npos, why);
}

/// Only what the kernel says no to is asked again, without the option.
BOOST_AUTO_TEST_CASE(a_refusal_is_told_from_a_failure) {
    for (const int error : {EINVAL, EPERM, EACCES}) {
        ovl_test::scripted_world world;
        world.refuse_option("metacopy=on", error);
        check(world.ask<ovl::metacopy_option>(), answer::no, reason::option_refused);
    }
    ovl_test::scripted_world world;
    world.refuse_option("metacopy=on", ENOMEM);
    check(world.ask<ovl::metacopy_option>(), answer::unknown, reason::out_of_resources);
    BOOST_TEST(!std::any_of(world.mounts.asked.begin(), world.mounts.asked.end(),
                            [](const ovl_test::asked_options& asked) {
                                return !ovl_test::asks_for(asked, "metacopy=on");
                            }));
}

BOOST_AUTO_TEST_CASE(a_module_that_may_have_denied_a_mount_is_named,
                     *precondition(ovl::sandbox::needs_sandbox{})) {
    const auto ended = ovl::sandbox::run_in_child([] {
        if (!without_proc() || !confined_by("docker-default (enforce)"))
            return 1;
        ovl_test::scripted_world world;
        world.refuse_mounts(EACCES);
        const std::string denied = world.ask<ovl::writable_mount>().why();
        world.refuse_mounts(EPERM);
        const std::string refused = world.ask<ovl::writable_mount>().why();
        std::printf("%s\n%s\n", denied.c_str(), refused.c_str());
        return 0;
    });
    BOOST_REQUIRE(ended.has_value());
    const std::string by = "confined by AppArmor profile docker-default (enforce)";
    const std::string& said = ended.value().output;
    const std::size_t end_of_first = said.find('\n');
    BOOST_REQUIRE(end_of_first != std::string::npos);
    BOOST_TEST(said.substr(0, end_of_first).find(by) != std::string::npos, said);
    BOOST_TEST(said.substr(end_of_first).find(by) == std::string::npos, said);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
