// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox/leftovers.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace test = boost::unit_test;
using ovl::sandbox::changes_of_mounts;
using ovl::sandbox::current_mounts;
using ovl::sandbox::scratch_left_in;

namespace {

struct a_directory {
    a_directory()
        : path{std::string{::getenv("TMPDIR") ? ::getenv("TMPDIR") : "/tmp"} + "/XXXXXX"} {
        BOOST_REQUIRE(::mkdtemp(path.data()) != nullptr);
    }
    ~a_directory() { ::rmdir(path.c_str()); }
    std::string path;
};

} // namespace

BOOST_AUTO_TEST_SUITE(sandbox)
BOOST_FIXTURE_TEST_SUITE(leftovers, a_directory)

BOOST_AUTO_TEST_CASE(a_mount_that_stays_and_one_that_goes_are_told,
                     *test::precondition(ovl::sandbox::needs_sandbox{})) {
    const auto before = current_mounts();
    BOOST_TEST(!before.empty());
    BOOST_REQUIRE(::mount("tmpfs", path.c_str(), "tmpfs", 0, nullptr) == 0);
    const auto during = current_mounts();
    BOOST_REQUIRE(::umount(path.c_str()) == 0);
    const auto left = changes_of_mounts(before, during);
    BOOST_REQUIRE(left.size() == 1u);
    BOOST_TEST(left.front().starts_with("left mounted: "));
    BOOST_TEST(left.front().find(path) != std::string::npos);
    const auto gone = changes_of_mounts(during, current_mounts());
    BOOST_REQUIRE(gone.size() == 1u);
    BOOST_TEST(gone.front().starts_with("a mount is gone: "));
    BOOST_TEST(changes_of_mounts(before, current_mounts()).empty());
}

BOOST_AUTO_TEST_CASE(a_scratch_directory_is_told_from_others) {
    const std::string other = path + "/.ovl-probes";
    const std::string scratch = path + "/.ovl-probe-0";
    BOOST_REQUIRE(::mkdir(other.c_str(), 0700) == 0);
    BOOST_TEST(scratch_left_in(path).empty());
    BOOST_REQUIRE(::mkdir(scratch.c_str(), 0700) == 0);
    BOOST_TEST(scratch_left_in(path) == std::vector{"left behind: " + scratch});
    ::rmdir(other.c_str());
    ::rmdir(scratch.c_str());
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_gone_holds_nothing_and_a_file_is_no_directory) {
    BOOST_TEST(scratch_left_in(path + "/gone").empty());
    BOOST_TEST(scratch_left_in("/proc/self/status").size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
