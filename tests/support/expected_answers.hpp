// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/kernel_version.hpp"
#include "support/policy_lists.hpp"
#include "support/print.hpp"

#include <ovl/environment/user_namespace.hpp>
#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/native_diff.hpp>
#include <ovl/probe/userxattr_needed.hpp>
#include <ovl/sandbox/session.hpp>

#include <array>
#include <boost/test/unit_test.hpp>
#include <linux/magic.h>
#include <optional>
#include <sys/vfs.h>

namespace ovl_test {

struct expected_answer {
    ovl::answer is;
    ovl::reason because;
};

inline void check(const ovl::verdict& found, const expected_answer& expected) {
    BOOST_TEST_CONTEXT(found.why()) {
        BOOST_TEST(found.is == expected.is);
        BOOST_TEST(found.because == expected.because);
    }
}

[[nodiscard]] inline bool in_user_namespace() {
    const auto inside = ovl::running_in_user_namespace();
    BOOST_REQUIRE(inside.has_value());
    return inside.value();
}

/// What the three probes answer in one place, unless the policies cannot see.
struct expected_answers {
    expected_answer native_diff;
    expected_answer metacopy_active;
    /// In the initial user namespace, and in another one.
    expected_answer userxattr_needed;
    expected_answer userxattr_needed_inside;
};

/// Where writable overlays can be mounted, with neither redirect_dir nor metacopy.
inline constexpr expected_answers ordinary{
    .native_diff = {ovl::answer::yes, ovl::reason::upper_is_the_diff},
    .metacopy_active = {ovl::answer::no, ovl::reason::metacopy_off},
    .userxattr_needed = {ovl::answer::no, ovl::reason::works_without_userxattr},
    .userxattr_needed_inside = {ovl::answer::yes, ovl::reason::crippled_without_userxattr}};

/// Asks the three in one run, whatever the kernel's defaults are.
template <ovl::policies P>
[[nodiscard]] std::array<ovl::verdict, 3> ask_all(const ovl::directory& where, const P& set = {}) {
    ovl::mount_options plain{};
    if (!P::xattr_class::userxattr)
        plain = {.redirect_dir = ovl::redirect_dir_mode::off, .metacopy = ovl::toggle::off};
    return ovl::run<P, ovl::native_diff, ovl::metacopy_active, ovl::userxattr_needed>(where, plain,
                                                                                      set);
}

/// What an older kernel answers where it lacks something that the expectation takes for granted.
template <ovl::policies P>
[[nodiscard]] expected_answers on_this_kernel(const std::string& where, expected_answers expected) {
    const bool mounts = expected.native_diff.because == ovl::reason::upper_is_the_diff ||
                        expected.native_diff.because == ovl::reason::no_xattrs;
    struct statfs place {};
    BOOST_REQUIRE(::statfs(where.c_str(), &place) == 0);
    if (!P::xattr_class::userxattr || !mounts)
        return expected;
    if (kernel_is_before(5, 11)) {
        constexpr expected_answer refused{ovl::answer::unknown, ovl::reason::mount_refused};
        const bool marks = place.f_type != TMPFS_MAGIC &&
                           expected.native_diff.because != ovl::reason::no_xattrs;
        expected.native_diff =
            marks ? refused : expected_answer{ovl::answer::no, ovl::reason::no_xattrs};
        expected.metacopy_active = refused;
    } else if (kernel_is_before(6, 6) && place.f_type == TMPFS_MAGIC) {
        expected.native_diff = {ovl::answer::no, ovl::reason::no_xattrs};
        expected.metacopy_active = {ovl::answer::no, ovl::reason::metacopy_without_xattrs};
        expected.userxattr_needed_inside = {ovl::answer::yes,
                                            ovl::reason::needed_but_no_user_xattrs};
    }
    return expected;
}

/// Asks the three, and compares.
template <ovl::policies P>
void check_answers(const std::string& where, const expected_answers& on_newer_kernels) {
    const expected_answers expected = on_this_kernel<P>(where, on_newer_kernels);
    ovl::sandbox::watch_directory(where);
    const bool inside = in_user_namespace();
    const auto found = ask_all<P>(where);
    if (inside && !P::xattr_class::userxattr) {
        const expected_answer blind{ovl::answer::unknown,
                                    ovl::reason::trusted_xattrs_in_user_namespace};
        check(found[0], blind);
        check(found[1], blind);
    } else {
        check(found[0], expected.native_diff);
        check(found[1], expected.metacopy_active);
    }
    check(found[2], inside ? expected.userxattr_needed_inside : expected.userxattr_needed);
}

} // namespace ovl_test
