// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ovl/sandbox/child.hpp>
#include <string>
#include <utility>
#include <vector>

namespace ovl_test {

/// Runs the cases of this very program that a filter of --run_test names, with nothing in the
/// environment that steers the sandbox but what is given.
[[nodiscard]] inline ovl::sandbox::outcome run_itself(const std::string& filter,
                                                      std::vector<std::string> environment) {
    for (const char* const variable : {"OVL_SANDBOX", "OVL_SANDBOX_LEVEL", "OVL_SANDBOX_TIME_LIMIT",
                                       "OVL_EXPECTED_SKIPS", "BOOST_TEST_LOGGER"})
        environment.insert(environment.begin(), variable);
    environment.emplace_back("BOOST_TEST_COLOR_OUTPUT=no");
    // In a guest on a busy machine the start of the program alone takes seconds.
    auto ended = ovl::sandbox::run_command(
        {{"/proc/self/exe", "--run_test=" + filter}, std::move(environment)},
        {.time = std::chrono::minutes{3}});
    BOOST_REQUIRE(ended.has_value());
    return std::move(ended.value());
}

} // namespace ovl_test
