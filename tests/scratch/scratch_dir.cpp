// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/policy/posix_fs.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <ovl/scratch/scratch_dir.hpp>

#include "support/faulty_fs.hpp"
#include "support/recording_fs.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <optional>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

using ovl_test::entries_of;
using ovl_test::temporary_directory;

namespace {

const ovl::posix_fs fs;
using posix_scratch = ovl::scratch_dir<ovl::posix_fs>;

const std::string first_child = "ovl-scratch-0123456789abcdef";
const std::string second_child = "ovl-scratch-fedcba9876543210";

std::string parent_name() {
    return ".ovl-probe-" + std::to_string(::geteuid());
}

/// What a probe that was killed leaves: an unlocked child, with what overlayfs leaves in it.
void leave_debris(const temporary_directory& base, const std::string& name) {
    const std::string child = parent_name() + "/" + name;
    ::mkdir(base.path(parent_name()).c_str(), 01700);
    base.make(child, 01700);
    base.make(child + "/work");
    base.make(child + "/work/work");
    base.make(child + "/work/work/incompat");
    base.make(child + "/work/work/incompat/volatile");
    base.make_file(child + "/work/work/incompat/volatile/dirty");
    BOOST_REQUIRE(::mknod(base.path(child + "/work/work/#2f").c_str(), S_IFCHR, 0) == 0);
    BOOST_REQUIRE(::chmod(base.path(child + "/work/work").c_str(), 0) == 0);
}

/// Something that is there under the parent's name, and what makes it.
struct obstacle {
    const char* what;
    void (*put)(const std::string& path);
};

std::ostream& operator<<(std::ostream& out, const obstacle& shown) {
    return out << shown.what;
}

const std::array obstacles{
    obstacle{
        "a file",
        [](const std::string& path) { BOOST_REQUIRE(::mknod(path.c_str(), S_IFREG, 0) == 0); }},
    obstacle{"a fifo",
             [](const std::string& path) { BOOST_REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }},
    obstacle{"a symbolic link to a directory",
             [](const std::string& path) { BOOST_REQUIRE(::symlink(".", path.c_str()) == 0); }},
    obstacle{"a dangling symbolic link",
             [](const std::string& path) { BOOST_REQUIRE(::symlink("x", path.c_str()) == 0); }},
    obstacle{"a private directory that no probe has made",
             [](const std::string& path) {
                 BOOST_REQUIRE(::mkdir(path.c_str(), 0700) == 0);
                 BOOST_REQUIRE(::mkdir((path + "/" + first_child).c_str(), 01700) == 0);
             }},
    obstacle{"a directory open to others",
             [](const std::string& path) {
                 BOOST_REQUIRE(::mkdir(path.c_str(), 0) == 0);
                 BOOST_REQUIRE(::chmod(path.c_str(), 0777) == 0);
             }},
};

/// Moves a sibling away before it is opened, and puts an obstacle there, so many times.
struct swap {
    std::string base;
    void (*put)(const std::string& path);
    int left;
};

struct swap_gate {
    swap* swapped = nullptr;

    std::optional<int> operator()(std::string_view operation, const char* name) const {
        if (swapped == nullptr || operation != "open_within" || swapped->left == 0 ||
            !std::string_view{name}.starts_with(parent_name() + "-"))
            return std::nullopt;
        const std::string path = swapped->base + "/" + name;
        BOOST_REQUIRE(::rename(path.c_str(), (path + "-moved").c_str()) == 0);
        BOOST_REQUIRE(::rmdir((path + "-moved").c_str()) == 0);
        swapped->put(path);
        --swapped->left;
        return std::nullopt;
    }
};

using swapping_fs = ovl_test::gated_fs<ovl::posix_fs, swap_gate>;

/// As vfat, where every directory has the owner and mode that the mount says.
struct modeless_fs : ovl::posix_fs {
    [[nodiscard]] ovl::result<struct stat> status(int at, const char* name) const {
        auto found = ovl::posix_fs::status(at, name);
        if (found.has_value())
            found.value().st_mode = S_IFDIR | 0755;
        return found;
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(scratch)
BOOST_AUTO_TEST_SUITE(scratch_dir)

BOOST_AUTO_TEST_CASE(lies_in_a_private_parent_and_goes_with_it) {
    const temporary_directory base;
    {
        const auto made = posix_scratch::create(fs, base.fd());
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST(entries_of(base.path()) == std::vector{parent_name()},
                   boost::test_tools::per_element());
        struct stat found {};
        BOOST_REQUIRE(::stat(base.path(parent_name()).c_str(), &found) == 0);
        BOOST_TEST((found.st_mode & 07777) == 01700u);
        const auto children = entries_of(base.path(parent_name()));
        BOOST_REQUIRE(children.size() == 1u);
        BOOST_TEST(ovl::detail::is_child_name(children.front()));
        BOOST_TEST((::fcntl(made.value().fd(), F_GETFD) & FD_CLOEXEC) != 0);
    }
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(two_at_a_time_have_different_names_and_leave_each_other_alone) {
    const temporary_directory base;
    auto first = posix_scratch::create(fs, base.fd());
    BOOST_REQUIRE(first.has_value());
    {
        const auto second = posix_scratch::create(fs, base.fd());
        BOOST_REQUIRE(second.has_value());
        BOOST_TEST(entries_of(base.path(parent_name())).size() == 2u);
    }
    BOOST_TEST(entries_of(base.path(parent_name())).size() == 1u);
    BOOST_TEST(::mkdirat(first.value().fd(), "still-usable", 0700) == 0);
    BOOST_TEST(first.value().remove().has_value());
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(sweeps_what_a_killed_probe_left) {
    const temporary_directory base;
    leave_debris(base, first_child);
    leave_debris(base, second_child);
    const auto made = posix_scratch::create(fs, base.fd());
    BOOST_REQUIRE(made.has_value());
    const auto children = entries_of(base.path(parent_name()));
    BOOST_TEST(children.size() == 1u);
    BOOST_TEST(std::count(children.begin(), children.end(), first_child) == 0);
}

BOOST_AUTO_TEST_CASE(sweeps_nothing_that_is_locked) {
    const temporary_directory base;
    leave_debris(base, first_child);
    const ovl::unique_fd live{
        ::open(base.path(parent_name() + "/" + first_child).c_str(), O_RDONLY | O_CLOEXEC)};
    BOOST_REQUIRE(::flock(live.get(), LOCK_EX | LOCK_NB) == 0);
    {
        const auto made = posix_scratch::create(fs, base.fd());
        BOOST_REQUIRE(made.has_value());
    }
    BOOST_TEST(entries_of(base.path(parent_name() + "/" + first_child)).size() == 1u);
}

BOOST_AUTO_TEST_CASE(sweeps_nothing_that_has_another_name) {
    const temporary_directory base;
    base.make(parent_name(), 01700);
    for (const char* name : {"notes", "0123456789abcdef", "ovl-scratch-0123456789abcdeg",
                             "ovl-scratch-0123456789abcde"})
        base.make(parent_name() + "/" + name, 01700);
    {
        const auto made = posix_scratch::create(fs, base.fd());
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST(!made.value().unswept().has_value());
    }
    BOOST_TEST(entries_of(base.path(parent_name())).size() == 4u);
}

BOOST_DATA_TEST_CASE(stays_away_from_a_parent_that_is, boost::unit_test::data::make(obstacles)) {
    const temporary_directory base;
    sample.put(base.path(parent_name()));
    {
        const auto made = posix_scratch::create(fs, base.fd());
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made.has_value() ? "" : made.error().subject));
        const auto entries = entries_of(base.path());
        BOOST_REQUIRE(entries.size() == 2u);
        BOOST_TEST(entries.back().starts_with(parent_name() + "-"));
        BOOST_TEST(entries.back().size() ==
                   parent_name().size() + 1 + ovl::detail::random_name_length);
    }
    BOOST_TEST(entries_of(base.path()) == std::vector{parent_name()},
               boost::test_tools::per_element());
    if (std::string_view{sample.what}.starts_with("a private"))
        BOOST_TEST(entries_of(base.path(parent_name())).size() == 1u, "swept what is no probe's");
}

BOOST_DATA_TEST_CASE(a_child_of_the_name_alone_is_left_and_told,
                     boost::unit_test::data::make(obstacles)) {
    const temporary_directory base;
    base.make(parent_name(), 01700);
    base.make(parent_name() + "/target");
    sample.put(base.path(parent_name() + "/" + first_child));
    {
        const auto made = posix_scratch::create(fs, base.fd());
        BOOST_REQUIRE(made.has_value());
        BOOST_REQUIRE(made.value().unswept().has_value());
        BOOST_TEST(made.value().unswept()->subject == parent_name() + "/" + first_child);
        BOOST_TEST((made.value().unswept()->where == ovl::step::sweep_scratch));
    }
    BOOST_TEST(entries_of(base.path(parent_name())).size() == 2u);
}

BOOST_DATA_TEST_CASE(a_sibling_that_is_swapped_before_it_is_opened_is_not_used,
                     boost::unit_test::data::make(obstacles)) {
    const temporary_directory base;
    base.make_file(parent_name());
    swap swapped{base.path(), sample.put, 5};
    const swapping_fs racing{{&swapped}};
    {
        const auto made = ovl::scratch_dir<swapping_fs>::create(racing, base.fd());
        // An empty directory of somebody else's is told from nothing that a filesystem without modes makes.
        const bool empty = std::string_view{sample.what} == "a directory open to others";
        BOOST_TEST(made.has_value() == !empty);
        BOOST_TEST((empty || swapped.left == 0));
        if (empty)
            BOOST_TEST(made.error().error_number == ENOTSUP);
    }
    for (const std::string& there : entries_of(base.path()))
        if (there.starts_with(parent_name() + "-") &&
            std::string_view{sample.what}.starts_with("a private"))
            BOOST_TEST(entries_of(base.path(there)) == std::vector{first_child},
                       boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(where_every_sibling_is_swapped_it_gives_up) {
    const temporary_directory base;
    base.make_file(parent_name());
    swap swapped{base.path(), obstacles[0].put, 1 << 20};
    const swapping_fs racing{{&swapped}};
    const auto made = ovl::scratch_dir<swapping_fs>::create(racing, base.fd());
    BOOST_REQUIRE(!made.has_value());
    BOOST_TEST(made.error().error_number == EAGAIN);
}

BOOST_AUTO_TEST_CASE(a_filesystem_that_keeps_no_modes_is_told_and_left_clean) {
    const temporary_directory base;
    const auto made = ovl::scratch_dir<modeless_fs>::create(modeless_fs{}, base.fd());
    BOOST_REQUIRE(!made.has_value());
    BOOST_TEST(made.error().error_number == ENOTSUP);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(a_mount_in_debris_is_not_walked_and_told,
                     *boost::unit_test::precondition(ovl::sandbox::needs_sandbox{})) {
    const temporary_directory base;
    leave_debris(base, first_child);
    base.make("elsewhere");
    base.make_file("elsewhere/file");
    const std::string point = base.path(parent_name() + "/" + first_child + "/work/mounted");
    BOOST_REQUIRE(::mkdir(point.c_str(), 0700) == 0);
    BOOST_REQUIRE(
        ::mount(base.path("elsewhere").c_str(), point.c_str(), nullptr, MS_BIND, nullptr) == 0);
    {
        const auto made = posix_scratch::create(fs, base.fd());
        BOOST_REQUIRE(made.has_value());
        BOOST_REQUIRE(made.value().unswept().has_value());
        BOOST_TEST(made.value().unswept()->subject ==
                   parent_name() + "/" + first_child + ", in it mounted");
        BOOST_TEST(made.value().unswept()->error_number == EBUSY);
    }
    BOOST_TEST(entries_of(base.path("elsewhere")).size() == 1u);
    BOOST_TEST(::umount2(point.c_str(), 0) == 0);
    BOOST_TEST(posix_scratch::create(fs, base.fd()).has_value());
    BOOST_TEST(entries_of(base.path()).size() == 1u);
}

BOOST_AUTO_TEST_CASE(stays_away_from_a_parent_of_another_user,
                     *boost::unit_test::precondition(ovl::sandbox::needs_root{})) {
    const temporary_directory base;
    base.make(parent_name(), 01700);
    base.make(parent_name() + "/" + first_child, 01700);
    BOOST_REQUIRE(::chown(base.path(parent_name()).c_str(), 65534, 65534) == 0);
    {
        const auto made = posix_scratch::create(fs, base.fd());
        BOOST_REQUIRE(made.has_value());
        BOOST_TEST(entries_of(base.path()).size() == 2u);
    }
    BOOST_TEST(entries_of(base.path(parent_name())).size() == 1u, "swept another user's");
}

BOOST_AUTO_TEST_CASE(stays_away_from_a_parent_that_is_a_mount_point,
                     *boost::unit_test::precondition(ovl::sandbox::needs_sandbox{})) {
    const temporary_directory base;
    base.make(parent_name(), 01700);
    base.make("elsewhere", 01700);
    base.make("elsewhere/" + first_child, 01700);
    const std::string parent = base.path(parent_name());
    BOOST_REQUIRE(
        ::mount(base.path("elsewhere").c_str(), parent.c_str(), nullptr, MS_BIND, nullptr) == 0);
    {
        const auto made = posix_scratch::create(fs, base.fd());
        BOOST_TEST(made.has_value());
    }
    BOOST_TEST(::umount2(parent.c_str(), 0) == 0);
    BOOST_TEST(entries_of(base.path("elsewhere")).size() == 1u);
}

BOOST_AUTO_TEST_CASE(creators_that_race_all_succeed_and_leave_nothing) {
    const temporary_directory base;
    std::atomic<int> failures{0};
    std::vector<std::thread> creators;
    for (int i = 0; i < 8; ++i)
        creators.emplace_back([&] {
            for (int round = 0; round < 50; ++round)
                if (!posix_scratch::create(fs, base.fd()).has_value())
                    ++failures;
        });
    for (std::thread& each : creators)
        each.join();
    BOOST_TEST(failures == 0);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(a_failure_at_any_operation_is_told_and_leaves_nothing_for_good) {
    const temporary_directory base;
    int failed = 0;
    for (int at = 1;; ++at) {
        ovl_test::fault injected{.error_number = ENOSPC, .at = at};
        const ovl_test::faulty_fs<> faulty{{&injected}};
        {
            const auto made = ovl::scratch_dir<ovl_test::faulty_fs<>>::create(faulty, base.fd());
            if (!made.has_value()) {
                ++failed;
                BOOST_TEST(made.error().error_number == ENOSPC);
                BOOST_TEST((made.error().where == ovl::step::create_scratch));
            }
        }
        // What a failing clean-up could not remove the next one sweeps.
        BOOST_REQUIRE(posix_scratch::create(fs, base.fd()).has_value());
        BOOST_TEST(entries_of(base.path()).empty(), "operation " << at);
        if (injected.matched < at)
            break;
    }
    BOOST_TEST(failed >= 4);
}

BOOST_AUTO_TEST_CASE(a_parent_that_could_not_be_used_does_not_stay) {
    const temporary_directory base;
    for (const char* const operation : {"open_within", "status"})
        for (const int error : {EIO, EMFILE, EACCES}) {
            ovl_test::fault injected{.error_number = error, .operation = operation};
            const ovl_test::faulty_fs<> faulty{{&injected}};
            {
                const auto made =
                    ovl::scratch_dir<ovl_test::faulty_fs<>>::create(faulty, base.fd());
                // Another user's parent, as far as can be told: one with a name of its own is made.
                BOOST_TEST(made.has_value() == (error == EACCES));
            }
            BOOST_TEST(entries_of(base.path()).empty(), operation << " " << error);
        }
}

BOOST_AUTO_TEST_CASE(a_child_lost_to_a_sweeper_is_made_again) {
    const temporary_directory base;
    ovl_test::fault injected{.error_number = EAGAIN, .operation = "lock"};
    const ovl_test::faulty_fs<> faulty{{&injected}};
    {
        const auto made = ovl::scratch_dir<ovl_test::faulty_fs<>>::create(faulty, base.fd());
        BOOST_TEST(made.has_value());
    }
    BOOST_TEST(injected.matched >= 2);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(costs_the_same_however_full_the_directory_is) {
    const temporary_directory base;
    ovl_test::call_log in_empty;
    ovl_test::call_log in_full;
    const auto create = [&](ovl_test::call_log& log) {
        const ovl_test::recording_fs<> recording{{&log}};
        const auto made = ovl::scratch_dir<ovl_test::recording_fs<>>::create(recording, base.fd());
        BOOST_REQUIRE(made.has_value());
    };
    create(in_empty);
    for (int i = 0; i < 100; ++i)
        base.make_file("entry-" + std::to_string(i));
    create(in_full);
    BOOST_TEST(in_empty.size() == in_full.size());
    BOOST_TEST(ovl_test::count(in_full, "read_entries") == 0);
}

BOOST_AUTO_TEST_CASE(a_read_only_filesystem_is_told_by_the_first_call) {
    const temporary_directory base;
    ovl_test::fault injected{.error_number = EROFS, .operation = "make_directory"};
    const ovl_test::faulty_fs<> faulty{{&injected}};
    const auto made = ovl::scratch_dir<ovl_test::faulty_fs<>>::create(faulty, base.fd());
    BOOST_REQUIRE(!made.has_value());
    BOOST_TEST(made.error().error_number == EROFS);
    BOOST_TEST(made.error().subject == parent_name());
    BOOST_TEST(injected.matched == 1);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
