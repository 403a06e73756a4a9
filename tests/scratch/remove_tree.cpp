// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/policy/posix_fs.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <ovl/scratch/remove_tree.hpp>

#include "support/faulty_fs.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <filesystem>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using ovl_test::entries_of;
using ovl_test::temporary_directory;

namespace {

const ovl::posix_fs fs;

int error_of(const ovl::result<void>& done) {
    return done.has_value() ? 0 : done.error().error_number;
}

/// Makes d/d/d/... below `at`, so many levels.
void make_deep(int at, int levels) {
    ovl::unique_fd here{::openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    for (int level = 0; level < levels; ++level) {
        BOOST_REQUIRE(::mkdirat(here.get(), "d", 0755) == 0);
        here.reset(::openat(here.get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    }
}

/// Lets so many more descriptors be opened, for as long as this lives.
class limited_descriptors {
  public:
    explicit limited_descriptors(int more) {
        BOOST_REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        // The numbers given out are the lowest that are free.
        std::vector<ovl::unique_fd> next;
        for (int i = 0; i <= more; ++i)
            next.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        const rlimit lower{.rlim_cur = static_cast<rlim_t>(next.back().get()),
                           .rlim_max = before_.rlim_max};
        BOOST_REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
    }
    limited_descriptors(const limited_descriptors&) = delete;
    limited_descriptors& operator=(const limited_descriptors&) = delete;
    ~limited_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

  private:
    rlimit before_{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(scratch)
BOOST_AUTO_TEST_SUITE(remove_tree)

BOOST_AUTO_TEST_CASE(removes_every_kind_of_entry) {
    const temporary_directory base;
    base.make("t");
    base.make("t/empty");
    base.make("t/full");
    base.make_file("t/full/file", "text");
    BOOST_REQUIRE(::mkfifo(base.path("t/fifo").c_str(), 0600) == 0);
    BOOST_REQUIRE(::mknod(base.path("t/whiteout").c_str(), S_IFCHR | 0600, 0) == 0);
    BOOST_REQUIRE(::symlink("/nowhere", base.path("t/dangling").c_str()) == 0);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "t")) == 0);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(removes_a_symbolic_link_and_not_what_it_leads_to) {
    const temporary_directory base;
    base.make("t");
    base.make("kept");
    base.make_file("kept/file");
    BOOST_REQUIRE(::symlink("../kept", base.path("t/link").c_str()) == 0);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "t")) == 0);
    BOOST_TEST(entries_of(base.path("kept")) == std::vector<std::string>{"file"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_link_in_the_place_of_the_tree_is_refused) {
    const temporary_directory base;
    base.make("kept");
    base.make_file("kept/file");
    BOOST_REQUIRE(::symlink("kept", base.path("t").c_str()) == 0);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "t")) == ENOTDIR);
    BOOST_TEST(entries_of(base.path("kept")).size() == 1u);
}

BOOST_AUTO_TEST_CASE(opens_directories_of_mode_000) {
    const temporary_directory base;
    base.make("t");
    base.make("t/work");
    base.make("t/work/work");
    BOOST_REQUIRE(::mknod(base.path("t/work/work/#1a").c_str(), S_IFCHR, 0) == 0);
    BOOST_REQUIRE(::chmod(base.path("t/work/work").c_str(), 0) == 0);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "t")) == 0);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(removes_a_deep_tree_with_few_descriptors) {
    const temporary_directory base;
    base.make("t");
    for (const int levels : {ovl::levels_held - 1, ovl::levels_held, ovl::levels_held + 1, 1000}) {
        make_deep(base.fd(), levels);
        const limited_descriptors few{ovl::levels_held + 2};
        BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "d")) == 0, levels);
        BOOST_TEST(entries_of(base.path()) == std::vector<std::string>{"t"},
                   boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(goes_on_where_descriptors_run_out_at_any_depth) {
    const temporary_directory base;
    make_deep(base.fd(), 30);
    const limited_descriptors few{3};
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "d")) == 0);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(what_lies_too_deep_is_removed_whatever_it_is_called) {
    const temporary_directory base;
    base.make("t");
    base.make("t/ovl-moved-1");
    base.make("t/ovl-moved-1/full");
    base.make_file("t/ovl-moved-0");
    const ovl::unique_fd tree{::openat(base.fd(), "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    make_deep(tree.get(), 40);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "t")) == 0);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(removes_directories_of_mode_000_at_any_depth) {
    const temporary_directory base;
    make_deep(base.fd(), 60);
    std::string path = base.path();
    for (int level = 0; level < 60; ++level)
        path += "/d";
    for (int level = 60; level > 0; --level, path.resize(path.size() - 2))
        BOOST_REQUIRE(::chmod(path.c_str(), 0) == 0);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "d")) == 0);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_moved_up_stays_and_is_told) {
    const temporary_directory base;
    make_deep(base.fd(), 40);
    ovl_test::fault injected{.error_number = ENOSPC, .at = 0, .operation = "rename"};
    const ovl_test::faulty_fs<> faulty{{&injected}};
    const auto removed = ovl::remove_tree(faulty, base.fd(), "d");
    BOOST_TEST(error_of(removed) == ENOSPC);
    BOOST_TEST(removed.error().subject == "d");
    BOOST_TEST(injected.matched == 1);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "d")) == 0);
}

BOOST_AUTO_TEST_CASE(removes_a_wide_tree) {
    const temporary_directory base;
    base.make("t");
    for (int i = 0; i < 3000; ++i)
        base.make_file("t/a-name-that-is-long-enough-to-need-many-reads-" + std::to_string(i));
    for (int i = 0; i < 300; ++i)
        base.make("t/directory-" + std::to_string(i));
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "t")) == 0);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(a_missing_tree_is_enoent) {
    const temporary_directory base;
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "t")) == ENOENT);
}

BOOST_AUTO_TEST_CASE(removes_the_rest_after_a_failure_and_returns_the_failure) {
    const temporary_directory base;
    base.make("t");
    for (const char* name : {"t/a", "t/b", "t/c"})
        base.make_file(name);
    ovl_test::fault injected{.error_number = EIO, .at = 2, .operation = "remove_file"};
    const ovl_test::faulty_fs<> faulty{{&injected}};
    const auto removed = ovl::remove_tree(faulty, base.fd(), "t");
    BOOST_TEST(error_of(removed) == EIO);
    BOOST_TEST(!removed.error().subject.empty());
    BOOST_TEST(injected.matched == 3);
    BOOST_TEST(entries_of(base.path("t")).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_another_removes_meanwhile_is_no_failure) {
    const temporary_directory base;
    base.make("t");
    base.make_file("t/a");
    ovl_test::fault injected{.error_number = ENOENT, .operation = "remove_file"};
    const ovl_test::faulty_fs<> faulty{{&injected}};
    const ovl::unique_fd tree{::openat(base.fd(), "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    BOOST_TEST(error_of(ovl::remove_entries(faulty, tree.get())) == 0);
}

BOOST_AUTO_TEST_CASE(a_mount_point_is_not_entered,
                     *boost::unit_test::precondition(ovl::sandbox::needs_sandbox{})) {
    const temporary_directory base;
    base.make("kept");
    base.make_file("kept/file");
    base.make("t");
    base.make("t/mounted");
    base.make_file("t/other");
    const std::string point = base.path("t/mounted");
    BOOST_REQUIRE(::mount(base.path("kept").c_str(), point.c_str(), nullptr, MS_BIND, nullptr) ==
                  0);
    const auto removed = ovl::remove_tree(fs, base.fd(), "t");
    BOOST_TEST(entries_of(base.path("kept")).size() == 1u);
    BOOST_TEST(entries_of(base.path("t")) == std::vector<std::string>{"mounted"},
               boost::test_tools::per_element());
    BOOST_TEST(::umount2(point.c_str(), 0) == 0);
    BOOST_TEST(!removed.has_value());
}

BOOST_AUTO_TEST_CASE(a_mount_point_too_deep_to_be_reached_is_not_entered,
                     *boost::unit_test::precondition(ovl::sandbox::needs_sandbox{})) {
    const temporary_directory base;
    base.make("kept");
    base.make_file("kept/file");
    base.make("t");
    const ovl::unique_fd tree{::openat(base.fd(), "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    make_deep(tree.get(), 40);
    std::string point = base.path("t");
    for (int level = 0; level < 40; ++level)
        point += "/d";
    const ovl::unique_fd deepest{::open(point.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    BOOST_REQUIRE(::mount(base.path("kept").c_str(), point.c_str(), nullptr, MS_BIND, nullptr) ==
                  0);
    const auto removed = ovl::remove_tree(fs, base.fd(), "t");
    BOOST_TEST(error_of(removed) == EBUSY);
    BOOST_TEST(entries_of(base.path("kept")).size() == 1u);
    const std::string moved = "/proc/self/fd/" + std::to_string(deepest.get());
    BOOST_TEST(::umount2(std::filesystem::read_symlink(moved).c_str(), 0) == 0);
}

BOOST_AUTO_TEST_CASE(a_listing_has_every_entry_once) {
    const temporary_directory base;
    for (int i = 0; i < 500; ++i)
        base.make_file("entry-" + std::to_string(i));
    auto listed = entries_of(base.path());
    BOOST_TEST(listed.size() == 500u);
    BOOST_TEST((std::unique(listed.begin(), listed.end()) == listed.end()));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
