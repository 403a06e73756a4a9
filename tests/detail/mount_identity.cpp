// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/mount_identity.hpp>

#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/mountinfo.hpp>
#include <ovl/detail/read_text.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>

using ovl::detail::mount_id;

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(mount_identity)

BOOST_AUTO_TEST_CASE(is_the_number_that_mountinfo_begins_with) {
    const auto found = mount_id(AT_FDCWD, "/proc/self");
    if (!found.has_value())
        return; // before Linux 5.8
    const auto text = ovl::detail::read_text("/proc/self/mountinfo");
    BOOST_REQUIRE(text.has_value());
    std::string where;
    ovl::detail::for_each_mount(text.value(), [&](const ovl::detail::mountinfo_line& line) {
        if (line.id == *found)
            where = line.mount_point;
        return true;
    });
    BOOST_TEST(where == "/proc");
    const ovl::unique_fd proc{::open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)};
    BOOST_TEST(mount_id(proc.get()).value() == *found);
    BOOST_TEST((mount_id(AT_FDCWD, "/") != found));
}

BOOST_AUTO_TEST_CASE(the_unique_number_is_another_and_never_small) {
    const auto unique = mount_id(AT_FDCWD, "/", ovl::detail::statx_unique_mount_id);
    if (!unique.has_value())
        return; // before Linux 6.8
    BOOST_TEST((*unique >> 31) != 0U);
}

BOOST_AUTO_TEST_CASE(what_is_not_there_has_none) {
    BOOST_TEST(!mount_id(AT_FDCWD, "/nowhere/at/all").has_value());
    BOOST_TEST(errno == ENOENT);
    BOOST_TEST(!mount_id(-1).has_value());
    BOOST_TEST(errno == EBADF);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
