// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/policy/posix_fs.hpp>

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using boost::unit_test::precondition;
using ovl_test::temporary_directory;

namespace {

const ovl::posix_fs fs;

template <class T>
int errno_of(const ovl::result<T>& done) {
    return done.has_value() ? 0 : done.error().error_number;
}

bool is_closed_on_exec(const ovl::unique_fd& fd) {
    return (::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC) != 0;
}

std::string content(int at, const char* name) {
    char buffer[16];
    const auto length = fs.read_file(at, name, buffer);
    BOOST_REQUIRE(length.has_value());
    return {buffer, length.value()};
}

} // namespace

BOOST_AUTO_TEST_SUITE(policy)
BOOST_AUTO_TEST_SUITE(posix_operations)

BOOST_AUTO_TEST_CASE(files_are_new_and_hold_what_was_written) {
    const temporary_directory base;
    BOOST_TEST(fs.write_file(base.fd(), "f", 0600, "content").has_value());
    BOOST_TEST(content(base.fd(), "f") == "content");
    const auto again = fs.write_file(base.fd(), "f", 0600, "other");
    BOOST_TEST(errno_of(again) == EEXIST);
    BOOST_TEST(again.error().call == "openat");
    BOOST_TEST(content(base.fd(), "f") == "content");
    char small[3];
    BOOST_TEST(fs.read_file(base.fd(), "f", small).value() == 3U);
    BOOST_TEST(fs.write_file(base.fd(), "empty", 0600, "").has_value());
    BOOST_TEST(content(base.fd(), "empty").empty());
}

BOOST_AUTO_TEST_CASE(no_link_is_followed_in_the_last_component) {
    const temporary_directory base;
    base.make("d");
    base.make_file("f");
    BOOST_REQUIRE(::symlinkat("d", base.fd(), "to-d") == 0);
    BOOST_REQUIRE(::symlinkat("f", base.fd(), "to-f") == 0);
    BOOST_TEST(errno_of(fs.open_directory(base.fd(), "to-d")) == ENOTDIR);
    BOOST_TEST(errno_of(fs.open_within(base.fd(), "to-d")) == ENOTDIR);
    BOOST_TEST(errno_of(fs.open_within(base.fd(), "to-d/.")) == ELOOP, "nor in any other");
    char buffer[1];
    BOOST_TEST(errno_of(fs.read_file(base.fd(), "to-f", buffer)) == ELOOP);
    BOOST_TEST(S_ISLNK(fs.status(base.fd(), "to-f").value().st_mode));
    BOOST_TEST(fs.remove_file(base.fd(), "to-f").has_value());
    BOOST_TEST(S_ISREG(fs.status(base.fd(), "f").value().st_mode));
}

BOOST_AUTO_TEST_CASE(nothing_outside_is_opened_within) {
    const temporary_directory base;
    base.make("d");
    BOOST_TEST(fs.open_within(base.fd(), "d").has_value());
    BOOST_TEST(errno_of(fs.open_within(base.fd(), "..")) == EXDEV);
    BOOST_TEST(errno_of(fs.open_within(base.fd(), "/")) == EXDEV);
}

BOOST_AUTO_TEST_CASE(a_mount_point_is_outside, *precondition(ovl::sandbox::needs_sandbox{})) {
    const temporary_directory base;
    const std::string point = base.make("point");
    BOOST_REQUIRE(::mount("tmpfs", point.c_str(), "tmpfs", 0, nullptr) == 0);
    BOOST_TEST(errno_of(fs.open_within(base.fd(), "point")) == EXDEV);
    BOOST_TEST(fs.open_directory(base.fd(), "point").has_value());
    BOOST_TEST(::umount2(point.c_str(), 0) == 0);
    BOOST_TEST(fs.open_within(base.fd(), "point").has_value());
}

BOOST_AUTO_TEST_CASE(descriptors_do_not_survive_exec) {
    const temporary_directory base;
    base.make("d");
    BOOST_TEST(is_closed_on_exec(fs.open_directory(base.fd(), "d").value()));
    BOOST_TEST(is_closed_on_exec(fs.open_within(base.fd(), "d").value()));
    if (const auto unnamed = fs.make_unnamed(base.fd(), 0600); unnamed.has_value())
        BOOST_TEST(is_closed_on_exec(unnamed.value()));
    else
        BOOST_TEST((errno_of(unnamed) == EOPNOTSUPP || errno_of(unnamed) == EISDIR));
}

BOOST_AUTO_TEST_CASE(a_fifo_holds_nobody_up) {
    const temporary_directory base;
    BOOST_REQUIRE(fs.make_node(base.fd(), "fifo", S_IFIFO | 0600).has_value());
    char buffer[1];
    BOOST_TEST(fs.read_file(base.fd(), "fifo", buffer).value() == 0U);
    BOOST_TEST(errno_of(fs.open_directory(base.fd(), "fifo")) == ENOTDIR);
}

BOOST_AUTO_TEST_CASE(directories_nodes_names_and_modes) {
    const temporary_directory base;
    BOOST_TEST(fs.make_directory(base.fd(), "d", 0700).has_value());
    BOOST_TEST(errno_of(fs.make_directory(base.fd(), "d", 0700)) == EEXIST);
    BOOST_TEST(fs.make_node(base.fd(), "d/f", S_IFREG | 0600).has_value());
    BOOST_TEST(errno_of(fs.remove_directory(base.fd(), "d")) == ENOTEMPTY);
    BOOST_TEST(errno_of(fs.remove_file(base.fd(), "d")) == EISDIR);
    BOOST_TEST(fs.set_mode(base.fd(), "d", 0).has_value());
    BOOST_TEST((fs.status(base.fd(), "d").value().st_mode & 07777U) == 0U);
    BOOST_TEST(fs.set_mode(base.fd(), "d", 0750).has_value());
    BOOST_TEST((fs.status(base.fd(), "d").value().st_mode & 07777U) == 0750U);
    constexpr unsigned no_replace = 1;
    BOOST_TEST(fs.make_node(base.fd(), "g", S_IFREG | 0600).has_value());
    BOOST_TEST(errno_of(fs.rename(base.fd(), "g", "d", no_replace)) == EEXIST);
    BOOST_TEST(fs.rename(base.fd(), "g", "h", no_replace).has_value());
    BOOST_TEST(errno_of(fs.status(base.fd(), "g")) == ENOENT);
    BOOST_TEST(S_ISDIR(fs.status(base.fd(), "").value().st_mode));
}

BOOST_AUTO_TEST_CASE(attributes_are_told_from_none_and_from_too_small_a_buffer) {
    const temporary_directory base;
    base.make("d");
    char buffer[4];
    const auto absent = fs.get_xattr(base.fd(), "d", "user.ovl", buffer);
    if (errno_of(absent) == ENOTSUP)
        return; // a tmpfs before Linux 6.6
    BOOST_TEST(errno_of(absent) == ENODATA);
    BOOST_TEST(fs.set_xattr(base.fd(), "d", "user.ovl", "").has_value());
    BOOST_TEST(fs.get_xattr(base.fd(), "d", "user.ovl", buffer).value() == 0U);
    BOOST_TEST(fs.set_xattr(base.fd(), "d", "user.ovl", "four!").has_value());
    BOOST_TEST(errno_of(fs.get_xattr(base.fd(), "d", "user.ovl", buffer)) == ERANGE);
    const std::string long_name(400, 'x');
    BOOST_TEST(errno_of(fs.set_xattr(base.fd(), long_name.c_str(), "user.ovl", "")) ==
               ENAMETOOLONG);
    BOOST_TEST(errno_of(fs.set_xattr(base.fd(), "gone", "user.ovl", "")) == ENOENT);
}

BOOST_AUTO_TEST_CASE(a_lock_is_had_once_and_never_waited_for) {
    const temporary_directory base;
    base.make("d");
    const auto first = fs.open_directory(base.fd(), "d");
    const auto second = fs.open_directory(base.fd(), "d");
    BOOST_TEST(fs.lock(first.value().get()).has_value());
    BOOST_TEST(errno_of(fs.lock(second.value().get())) == EWOULDBLOCK);
}

BOOST_AUTO_TEST_CASE(a_failure_names_its_call) {
    BOOST_TEST(fs.open_directory(-1, "x").error().call == "openat");
    BOOST_TEST(fs.open_within(-1, "x").error().call == "openat2");
    BOOST_TEST(fs.make_directory(-1, "x", 0).error().call == "mkdirat");
    BOOST_TEST(fs.make_node(-1, "x", S_IFREG).error().call == "mknodat");
    BOOST_TEST(fs.remove_file(-1, "x").error().call == "unlinkat");
    BOOST_TEST(fs.rename(-1, "x", "y", 0).error().call == "renameat2");
    BOOST_TEST(fs.status(-1, "x").error().call == "fstatat");
    BOOST_TEST(fs.filesystem_status(-1).error().call == "fstatfs");
    BOOST_TEST(fs.lock(-1).error().call == "flock");
    char buffer[64];
    BOOST_TEST(fs.read_entries(-1, buffer).error().call == "getdents64");
    BOOST_TEST(fs.encode_handle(-1, "x").error().call == "name_to_handle_at");
    for (const int error : {errno_of(fs.lock(-1)), errno_of(fs.status(-1, "x"))})
        BOOST_TEST(error == EBADF);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
