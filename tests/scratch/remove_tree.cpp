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
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

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

BOOST_AUTO_TEST_CASE(removes_a_deep_tree) {
    const temporary_directory base;
    base.make("t");
    const ovl::unique_fd tree{::openat(base.fd(), "t", O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    make_deep(tree.get(), 200);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "t")) == 0);
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(a_tree_too_deep_is_refused_and_is_removed_in_two_goes) {
    const temporary_directory base;
    make_deep(base.fd(), ovl::deepest_removed + 2);
    BOOST_TEST(error_of(ovl::remove_tree(fs, base.fd(), "d")) == ENOTEMPTY);
    // What stays is no deeper for it; from further down it can be removed.
    std::string below = base.path("d/d/d/d");
    const ovl::unique_fd inner{::open(below.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    BOOST_TEST(error_of(ovl::remove_entries(fs, inner.get())) == 0);
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
