// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/fake_mount.hpp"
#include "support/print.hpp"
#include "support/scripted_fs.hpp"

#include <ovl/policy/policy_set.hpp>
#include <ovl/probe/run.hpp>

#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

namespace ovl_test {

/// A kernel and a filesystem that exist in a test alone, for probes to be run on: no privilege is
/// needed, and nothing is made. Attributes are of the user class, since in a user namespace a run
/// with the other one is over before it begins.
struct scripted_world {
    using policies = ovl::policy_set<ovl::user_xattr, fake_mount, scripted_fs>;

    script files{};
    mount_script mounts{};

    template <class Q>
    [[nodiscard]] ovl::verdict ask(const ovl::mount_options& extra = {}) {
        const policies set{.mount = {&mounts}, .fs = {&files}};
        return ovl::run<policies, Q>(".", extra, set).front();
    }

    /// Every mount fails so.
    void refuse_mounts(int error_number, const std::string& kernel_message = "") {
        mounts.refuses = [=](const asked_options&) {
            return mount_failure(error_number, kernel_message);
        };
    }
    /// Mounts with this option fail so.
    void refuse_option(const std::string& option, int error_number,
                       const std::string& kernel_message = "") {
        mounts.refuses = [=](const asked_options& asked) -> std::optional<ovl::failure> {
            if (!asks_for(asked, option))
                return std::nullopt;
            return mount_failure(error_number, kernel_message);
        };
    }
};

inline void check(const ovl::verdict& found, ovl::answer is, ovl::reason because) {
    BOOST_TEST_CONTEXT(found.why()) {
        BOOST_TEST(found.is == is);
        BOOST_TEST(found.because == because);
    }
}

/// One thing that goes otherwise than usual, and what a probe makes of it.
struct branch {
    /// As in `script::errors`; a mount for `mount`.
    std::string operation;
    int error_number;
    ovl::answer is;
    ovl::reason because;
};

inline std::ostream& operator<<(std::ostream& out, const branch& shown) {
    return out << shown.operation << " " << ovl::detail::errno_name(shown.error_number);
}

/// Runs a probe in a world with that one difference.
template <class Q>
void check_branch(const branch& expected, scripted_world world = {}) {
    if (expected.operation == "mount")
        world.refuse_mounts(expected.error_number);
    else
        world.files.errors[expected.operation] = expected.error_number;
    const ovl::verdict found = world.ask<Q>();
    BOOST_TEST_CONTEXT(found.why()) {
        BOOST_TEST(found.asked == Q::asks);
        BOOST_TEST(found.is == expected.is);
        BOOST_TEST(found.because == expected.because);
        BOOST_REQUIRE(found.evidence.has_value());
        BOOST_TEST(found.evidence->error_number == expected.error_number);
    }
}

} // namespace ovl_test
