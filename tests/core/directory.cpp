// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/core/directory.hpp>

#include "support/print.hpp"
#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

using ovl_test::temporary_directory;

namespace {

ino_t inode_of(const ovl::result<ovl::unique_fd>& opened) {
    struct stat found {};
    BOOST_REQUIRE(opened.has_value());
    BOOST_REQUIRE(::fstat(opened.value().get(), &found) == 0);
    return found.st_ino;
}

void check_fails(const ovl::result<ovl::unique_fd>& opened, int error_number) {
    BOOST_REQUIRE(!opened.has_value());
    BOOST_TEST(opened.error().error_number == error_number);
    BOOST_TEST(opened.error().where == ovl::step::open_directory);
}

} // namespace

BOOST_AUTO_TEST_SUITE(core)
BOOST_AUTO_TEST_SUITE(directory)

BOOST_AUTO_TEST_CASE(path_link_and_descriptor_lead_to_the_same) {
    const temporary_directory base;
    BOOST_REQUIRE(::symlink(base.path().c_str(), base.path("link").c_str()) == 0);
    const ino_t expected = inode_of(ovl::directory{base.path()}.open());
    BOOST_TEST(inode_of(ovl::directory{base.path().c_str()}.open()) == expected);
    BOOST_TEST(inode_of(ovl::directory{base.path("link")}.open()) == expected);
    BOOST_TEST(inode_of(ovl::directory::of(base.fd()).open()) == expected);
    BOOST_TEST(inode_of(ovl::directory::of(base.fd()).reopen()) == expected);
    BOOST_TEST(inode_of(ovl::directory{base.path()}.reopen()) == expected);
}

BOOST_AUTO_TEST_CASE(a_callers_descriptor_stays_open) {
    const temporary_directory base;
    { const auto opened = ovl::directory::of(base.fd()).open(); }
    BOOST_TEST(::fcntl(base.fd(), F_GETFD) != -1);
}

BOOST_AUTO_TEST_CASE(what_is_opened_is_close_on_exec) {
    const auto opened = ovl::directory{"/"}.open();
    BOOST_REQUIRE(opened.has_value());
    BOOST_TEST((::fcntl(opened.value().get(), F_GETFD) & FD_CLOEXEC) != 0);
}

BOOST_AUTO_TEST_CASE(a_directory_moved_since_is_found_and_one_replaced_is_stale) {
    const temporary_directory base;
    const ovl::unique_fd fd{::open(base.make("a").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    BOOST_REQUIRE(::rename(base.path("a").c_str(), base.path("b").c_str()) == 0);
    base.make("a");
    BOOST_TEST(inode_of(ovl::directory::of(fd.get()).reopen()) ==
               inode_of(ovl::directory{base.path("b")}.open()));
    BOOST_REQUIRE(::rmdir(base.path("b").c_str()) == 0);
    check_fails(ovl::directory::of(fd.get()).reopen(), ENOENT);
    base.make("b (deleted)");
    check_fails(ovl::directory::of(fd.get()).reopen(), ESTALE);
}

BOOST_AUTO_TEST_CASE(what_is_no_directory_fails_with_the_kernels_errno) {
    const temporary_directory base;
    check_fails(ovl::directory{base.make_file("file")}.open(), ENOTDIR);
    check_fails(ovl::directory{base.path("missing")}.open(), ENOENT);
    check_fails(ovl::directory{""}.open(), ENOENT);
    check_fails(ovl::directory{std::string(5000, 'x')}.open(), ENAMETOOLONG);
    check_fails(ovl::directory{std::string{"/\0tmp", 5}}.open(), EINVAL);
    check_fails(ovl::directory::of(-1).open(), EBADF);
    check_fails(ovl::directory::of(-1).reopen(), EBADF);
}

BOOST_AUTO_TEST_CASE(is_named_for_messages) {
    BOOST_TEST(ovl::directory{"/some/where"}.name() == "/some/where");
    BOOST_TEST(ovl::directory::of(7).name() == "descriptor 7");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
