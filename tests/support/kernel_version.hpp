// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/sandbox/preconditions.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <string>
#include <sys/utsname.h>
#include <utility>

namespace ovl_test {

/// Whether this kernel is older. What it can do is for the library to find out by trying; a test has to know what is right.
[[nodiscard]] inline bool kernel_is_before(int major, int minor) {
    utsname names{};
    std::pair<int, int> here{};
    BOOST_REQUIRE(::uname(&names) == 0);
    BOOST_REQUIRE(std::sscanf(names.release, "%d.%d", &here.first, &here.second) == 2);
    return here < std::pair{major, minor};
}

/// For test cases that mount with userxattr: a sandbox, and a kernel that has the option (Linux 5.11).
struct needs_userxattr {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id id) const {
        if (auto sandbox = ovl::sandbox::needs_sandbox{}(id); !sandbox)
            return sandbox;
        boost::test_tools::assertion_result answer{!kernel_is_before(5, 11)};
        answer.message() << "needs the mount option userxattr: Linux 5.11";
        return answer;
    }
};

} // namespace ovl_test
