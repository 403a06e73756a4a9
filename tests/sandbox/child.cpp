// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox/child.hpp>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

using namespace std::chrono_literals;
using ovl::sandbox::ending;
using ovl::sandbox::run_command;
using ovl::sandbox::run_in_child;

namespace {

bool has_no_children() {
    return ::waitpid(-1, nullptr, __WALL | WNOHANG) == -1 && errno == ECHILD;
}

bool is_gone(const std::string& process) {
    return ::kill(std::stoi(process), 0) == -1 && errno == ESRCH;
}

} // namespace

BOOST_AUTO_TEST_SUITE(sandbox)
BOOST_AUTO_TEST_SUITE(child)

BOOST_AUTO_TEST_CASE(status_and_both_outputs_come_back) {
    const auto ended = run_in_child([] {
        std::printf("said");
        std::fprintf(stderr, "complained");
        return 3;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(3));
    BOOST_TEST(ended.value().output == "said");
    BOOST_TEST(ended.value().errors == "complained");
    BOOST_TEST(ended.value().describe() == "exit status 3");
    BOOST_TEST(has_no_children());
}

BOOST_AUTO_TEST_CASE(a_signal_comes_back) {
    const auto ended = run_in_child([] { return ::raise(SIGKILL); });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().killed_by(SIGKILL));
    BOOST_TEST(!ended.value().exited_with(SIGKILL));
    BOOST_TEST(has_no_children());
}

BOOST_AUTO_TEST_CASE(the_time_limit_ends_the_whole_group) {
    const auto started = std::chrono::steady_clock::now();
    const auto ended = run_in_child(
        [] {
            const pid_t grandchild = ::fork();
            if (grandchild > 0) {
                std::printf("%d", static_cast<int>(grandchild));
                std::fflush(stdout);
            }
            for (;;)
                ::pause();
            return 0;
        },
        {.time = 1000ms});
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST((ended.value().how == ending::timed_out));
    BOOST_TEST((ended.value().elapsed >= 1000ms));
    BOOST_TEST((std::chrono::steady_clock::now() - started < 20s));
    BOOST_TEST(is_gone(ended.value().output));
    BOOST_TEST(has_no_children());
}

BOOST_AUTO_TEST_CASE(what_a_child_leaves_running_ends_with_it) {
    const auto ended = run_in_child([] {
        const pid_t grandchild = ::fork();
        if (grandchild == 0)
            for (;;)
                ::pause();
        std::printf("%d", static_cast<int>(grandchild));
        return 0;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0));
    BOOST_TEST(is_gone(ended.value().output));
}

BOOST_AUTO_TEST_CASE(more_output_than_a_pipe_holds_is_kept_up_to_the_limit) {
    const auto chatter = [] {
        const std::string line(1000, 'x');
        for (int i = 0; i != 300; ++i)
            std::fputs(line.c_str(), stdout);
        return 0;
    };
    const auto whole = run_in_child(chatter);
    BOOST_REQUIRE(whole.has_value());
    BOOST_TEST(whole.value().output.size() == 300'000u);
    BOOST_TEST(!whole.value().truncated);
    const auto cut = run_in_child(chatter, {.output = 10});
    BOOST_REQUIRE(cut.has_value());
    BOOST_TEST(cut.value().output == "xxxxxxxxxx");
    BOOST_TEST(cut.value().truncated);
    BOOST_TEST(cut.value().exited_with(0));
}

BOOST_AUTO_TEST_CASE(a_command_runs_where_and_with_what_it_was_told) {
    ::setenv("OVL_TEST_TAKEN_OUT", "1", 1);
    const auto ended = run_command({{"sh", "-c", "pwd; echo \"$WORD${OVL_TEST_TAKEN_OUT-}\"; cat"},
                                    {"WORD=a=b", "OVL_TEST_TAKEN_OUT"},
                                    "/"});
    ::unsetenv("OVL_TEST_TAKEN_OUT");
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().output == "/\na=b\n");
    BOOST_TEST(ended.value().exited_with(0));
}

BOOST_AUTO_TEST_CASE(a_command_that_cannot_start_is_a_failure_not_an_ending) {
    const auto absent = run_command({{"/there/is/no/such/command"}});
    BOOST_REQUIRE(!absent.has_value());
    BOOST_TEST(absent.error().call == "execvp");
    BOOST_TEST(absent.error().error_number == ENOENT);
    const auto astray = run_command({{"true"}, {}, "/there/is/no/such/directory"});
    BOOST_REQUIRE(!astray.has_value());
    BOOST_TEST(astray.error().call == "chdir");
    BOOST_TEST(astray.error().subject == "/there/is/no/such/directory");
    BOOST_TEST(!run_command({}).has_value());
    const auto by_itself = run_command({{"sh", "-c", "exit 127"}});
    BOOST_REQUIRE(by_itself.has_value());
    BOOST_TEST(by_itself.value().exited_with(127));
    BOOST_TEST(has_no_children());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
