// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/fallback_mount.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>

namespace {

/// Fails with the errno that a test sets, and counts.
struct first_choice {
    static constexpr std::string_view name = "first";
    static inline int error_number = 0;
    static inline int mounts = 0;

    [[nodiscard]] static bool available() { return error_number != ENOSYS; }
    [[nodiscard]] bool attaches() const noexcept { return false; }
    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request&,
                                                  const ovl::mount_point&) const {
        ++mounts;
        if (error_number != 0)
            return ovl::fail({.call = "fsopen", .error_number = error_number});
        return ovl::mounted{.through = name};
    }
};

struct second_choice {
    static constexpr std::string_view name = "second";
    static inline int mounts = 0;

    [[nodiscard]] bool attaches() const noexcept { return true; }
    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request&,
                                                  const ovl::mount_point&) const {
        ++mounts;
        return ovl::mounted{.through = name};
    }
};

using backend = ovl::fallback_mount<first_choice, second_choice>;

ovl::result<ovl::mounted> mount_where_the_first_fails_with(int error_number) {
    first_choice::error_number = error_number;
    first_choice::mounts = second_choice::mounts = 0;
    return backend{}.mount({}, {});
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounting)
BOOST_AUTO_TEST_SUITE(fallback_mount)

BOOST_AUTO_TEST_CASE(the_first_is_used_where_it_works) {
    const auto made = mount_where_the_first_fails_with(0);
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made.value().through == "first");
    BOOST_TEST(second_choice::mounts == 0);
    BOOST_TEST(!backend{}.attaches());
}

BOOST_AUTO_TEST_CASE(the_second_is_used_where_the_kernel_lacks_the_first_and_says_so) {
    const auto made = mount_where_the_first_fails_with(ENOSYS);
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST(made.value().through == "second");
    BOOST_TEST(backend{}.attaches());
}

BOOST_AUTO_TEST_CASE(every_other_refusal_is_an_answer) {
    for (const int error : {EPERM, EACCES, EINVAL, ENODEV, ENOENT, ENOMEM, ENOSPC, EIO, EBUSY,
                            ENOTSUP, E2BIG, ENAMETOOLONG}) {
        const auto made = mount_where_the_first_fails_with(error);
        BOOST_REQUIRE(!made.has_value());
        BOOST_TEST(made.error().error_number == error);
        BOOST_TEST(first_choice::mounts == 1);
        BOOST_TEST(second_choice::mounts == 0);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
