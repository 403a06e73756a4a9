// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/core/unique_fd.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fcntl.h>
#include <type_traits>
#include <unistd.h>
#include <utility>

namespace {

int open_null() {
    const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    BOOST_REQUIRE(fd >= 0);
    return fd;
}

bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) != -1;
}

} // namespace

static_assert(!std::is_copy_constructible_v<ovl::unique_fd>);
static_assert(!std::is_copy_assignable_v<ovl::unique_fd>);
static_assert(std::is_nothrow_move_constructible_v<ovl::unique_fd>);
static_assert(sizeof(ovl::unique_fd) == sizeof(int));

BOOST_AUTO_TEST_SUITE(core)
BOOST_AUTO_TEST_SUITE(unique_fd)

BOOST_AUTO_TEST_CASE(closes_when_it_goes) {
    const int number = open_null();
    {
        const ovl::unique_fd owner{number};
        BOOST_TEST(is_open(number));
        BOOST_TEST(owner.get() == number);
    }
    BOOST_TEST(!is_open(number));
}

BOOST_AUTO_TEST_CASE(a_released_descriptor_stays_open) {
    const int number = open_null();
    {
        ovl::unique_fd owner{number};
        BOOST_TEST(owner.release() == number);
        BOOST_TEST(!owner);
    }
    BOOST_TEST(is_open(number));
    ::close(number);
}

BOOST_AUTO_TEST_CASE(a_move_leaves_one_owner) {
    const int first = open_null();
    const int second = open_null();
    ovl::unique_fd source{first};
    ovl::unique_fd target{second};
    target = std::move(source);
    BOOST_TEST(target.get() == first);
    BOOST_TEST(is_open(first));
    BOOST_TEST(!is_open(second));
}

BOOST_AUTO_TEST_CASE(closing_keeps_errno) {
    ovl::unique_fd owner{open_null()};
    const int number = owner.get();
    ::close(number);
    errno = EXDEV;
    owner.reset();
    BOOST_TEST(errno == EXDEV);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
