// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/report/survey.hpp>

#include "support/kernel_version.hpp"
#include "support/print.hpp"
#include "support/scripted_run.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using ovl::answer;
using ovl::capability;
using ovl::reason;
using scripted = ovl_test::scripted_world::policies;

namespace {

constexpr std::uint32_t gpfs = 0x47504653;

ovl::report ask(ovl_test::scripted_world& world, const ovl::survey_settings& settings) {
    const scripted set{.mount = {&world.mounts}, .fs = {&world.files}};
    return ovl::survey<scripted, ovl::native_diff, ovl::userxattr_needed, ovl::new_mount_api>(
        ".", settings, set);
}

} // namespace

BOOST_AUTO_TEST_SUITE(report)
BOOST_AUTO_TEST_SUITE(survey)

BOOST_AUTO_TEST_CASE(answers_come_in_the_order_they_are_asked_in_and_facts_with_them) {
    ovl_test::scripted_world world;
    const ovl::report about = ask(world, {});
    BOOST_REQUIRE(about.verdicts.size() == 3U);
    BOOST_TEST(about.verdicts[0].asked == capability::native_diff);
    BOOST_TEST(about.verdicts[1].asked == capability::userxattr_needed);
    BOOST_TEST(about.directory == ".");
    BOOST_REQUIRE(about.filesystem.has_value());
    BOOST_TEST(about.filesystem->type == "ext4");
    BOOST_TEST(about.backend == "fake");
}

BOOST_AUTO_TEST_CASE(a_dangerous_filesystem_is_not_mounted_on) {
    ovl_test::scripted_world world;
    world.files.magic = gpfs;
    const ovl::report about = ask(world, {});
    BOOST_TEST(world.mounts.asked.empty());
    BOOST_TEST(about.find(capability::native_diff)->because == reason::dangerous_filesystem);
    BOOST_TEST(about.find(capability::native_diff)->is == answer::unknown);
    BOOST_TEST(about.find(capability::userxattr_needed)->because == reason::dangerous_filesystem);
    // What asks the kernel alone is answered.
    BOOST_TEST(about.find(capability::new_mount_api)->because != reason::dangerous_filesystem);
}

BOOST_AUTO_TEST_CASE(force_mounts_there_all_the_same) {
    ovl_test::scripted_world world;
    world.files.magic = gpfs;
    ovl::survey_settings settings{};
    settings.force = true;
    const ovl::report about = ask(world, settings);
    BOOST_TEST(!world.mounts.asked.empty());
    BOOST_TEST(about.find(capability::native_diff)->because != reason::dangerous_filesystem);
}

BOOST_AUTO_TEST_CASE(no_mount_mounts_nothing_and_writes_nothing) {
    ovl_test::scripted_world world;
    ovl::survey_settings settings{};
    settings.no_mount = true;
    const ovl::report about = ask(world, settings);
    BOOST_TEST(world.mounts.asked.empty());
    BOOST_TEST(about.find(capability::native_diff)->because == reason::mounting_ruled_out);
    BOOST_TEST(about.find(capability::new_mount_api)->because != reason::mounting_ruled_out);
    BOOST_TEST(about.filesystem.has_value());

    const ovl_test::temporary_directory base;
    static_cast<void>(ovl::survey<ovl::rootless>(base.path(), settings));
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(a_choice_made_at_run_time_asks_that_and_no_more) {
    ovl_test::scripted_world world;
    const scripted set{.mount = {&world.mounts}, .fs = {&world.files}};
    const std::array asked{capability::native_diff};
    const ovl::report about =
        ovl::survey<scripted>(".", std::span<const capability>{asked}, {}, set);
    BOOST_REQUIRE(about.verdicts.size() == 1U);
    BOOST_TEST(about.verdicts[0].asked == capability::native_diff);
}

BOOST_AUTO_TEST_CASE(every_verdict_is_heard_once_and_as_it_is_reported) {
    ovl_test::scripted_world world;
    std::vector<ovl::verdict> heard;
    ovl::survey_settings settings{};
    settings.listener = {.hear =
                             [](void* context, const ovl::verdict& found) {
                                 static_cast<std::vector<ovl::verdict>*>(context)->push_back(found);
                             },
                         .context = &heard};
    const ovl::report about = ask(world, settings);
    BOOST_REQUIRE(heard.size() == about.verdicts.size());
    for (const ovl::verdict& one : heard) {
        BOOST_REQUIRE(about.find(one.asked) != nullptr);
        BOOST_TEST(about.find(one.asked)->because == one.because);
    }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_swept_is_named_and_changes_no_answer,
                     *boost::unit_test::precondition(ovl_test::needs_userxattr{})) {
    const ovl_test::temporary_directory base;
    const auto ask_here = [&] { return ovl::survey<ovl::rootless, ovl::native_diff>(base.path()); };
    BOOST_TEST(ask_here().left_behind.empty());
    const std::string parent = ".ovl-probe-" + std::to_string(::geteuid());
    const std::string child = parent + "/ovl-scratch-0123456789abcdef";
    base.make(parent, 01700);
    BOOST_REQUIRE(::mkfifo(base.path(child).c_str(), 0600) == 0);
    const ovl::report about = ask_here();
    BOOST_TEST(about.says(capability::native_diff, ovl::answer::yes));
    BOOST_REQUIRE(about.left_behind.size() == 1U);
    BOOST_TEST(about.left_behind[0].subject == child);
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_not_there_is_unknown) {
    const ovl::report about = ovl::survey<ovl::rootless, ovl::native_diff>("/nowhere/at/all");
    BOOST_TEST(about.verdicts[0].because == reason::directory_not_opened);
    BOOST_TEST(!about.filesystem.has_value());
}

/// One for each set of options, and one each for the layers of a kind of their own.
BOOST_AUTO_TEST_CASE(a_survey_makes_few_mounts,
                     *boost::unit_test::precondition(ovl::sandbox::needs_root{})) {
    using counted = ovl::policy_set<ovl::trusted_xattr, ovl_test::counting_mount<ovl::best_mount>,
                                    ovl::posix_fs>;
    const ovl_test::temporary_directory base;
    int mounts = 0;
    const ovl::report about =
        ovl::survey<counted>(base.path(), {}, counted{.mount = {&mounts, {}}, .fs = {}});
    // Older kernels do not know every option, and what is refused is tried without it.
    int most = ovl_test::kernel_is_before(6, 15) ? 30 : 12;
    most += about.find(capability::verity)->because == reason::verity_unsupported ? 0 : 1;
    most += about.find(capability::casefold)->because == reason::casefold_missing ? 0 : 1;
    BOOST_TEST(mounts <= most);
    BOOST_TEST(mounts > 5);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
