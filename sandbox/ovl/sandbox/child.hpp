// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/sandbox/outcome.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ovl::sandbox {

/// What a child may use up.
struct child_limits {
    std::chrono::milliseconds time{30'000};
    /// Bytes kept of each of its two outputs; the rest is read and dropped.
    std::size_t output = std::size_t{16} << 20;
};

namespace detail {

struct pipe_ends {
    unique_fd read;
    unique_fd write;
};

[[nodiscard]] inline result<pipe_ends> make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return fail_with_errno("pipe2");
    return pipe_ends{unique_fd{ends[0]}, unique_fd{ends[1]}};
}

/// One output of a child while it is being read. The descriptor does not block.
struct capture {
    unique_fd from;
    std::string text;
    bool truncated = false;

    /// Reads what is there now, and lets go of the pipe at its end.
    void drain(std::size_t limit) {
        char buffer[16384];
        for (;;) {
            const ssize_t got = ::read(from.get(), buffer, sizeof buffer);
            if (got < 0 && errno == EINTR)
                continue;
            if (got == 0)
                from.reset();
            if (got <= 0)
                return;
            const auto size = static_cast<std::size_t>(got);
            const std::size_t kept = std::min(size, limit - std::min(limit, text.size()));
            text.append(buffer, kept);
            truncated = truncated || kept < size;
        }
    }
};

/// Reads both outputs until the child has ended or its time is up; false where it is up.
[[nodiscard]] inline bool read_until_end(capture& output, capture& errors, int pidfd,
                                         const child_limits& limits) {
    using clock = std::chrono::steady_clock;
    const auto deadline = clock::now() + limits.time;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now()).count();
        pollfd watched[] = {
            {pidfd, POLLIN, 0}, {output.from.get(), POLLIN, 0}, {errors.from.get(), POLLIN, 0}};
        const int ready =
            ::poll(watched, 3, static_cast<int>(std::clamp<long long>(left, 0, 3'600'000)));
        output.drain(limits.output);
        errors.drain(limits.output);
        if (ready > 0 && watched[0].revents != 0)
            return true;
        if (left <= 0)
            return false;
    }
}

/// Makes the calling process the one that orphans below it are given to, while it lives: only so
/// can it reap what a child leaves, where the init above does not.
class orphans_adopted {
  public:
    orphans_adopted() noexcept {
        ::prctl(PR_GET_CHILD_SUBREAPER, &before_);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    }
    orphans_adopted(const orphans_adopted&) = delete;
    orphans_adopted& operator=(const orphans_adopted&) = delete;
    ~orphans_adopted() { ::prctl(PR_SET_CHILD_SUBREAPER, before_); }

  private:
    int before_ = 0;
};

/// Ends what is left of the child's process group, reaps it all, and gives the child's wait status.
/// The group is killed before its leader is reaped: after that its number may be somebody else's.
[[nodiscard]] inline int end_group(pid_t leader) noexcept {
    ::kill(-leader, SIGKILL);
    ::kill(leader, SIGKILL);
    int status = 0;
    while (::waitpid(leader, &status, 0) < 0 && errno == EINTR)
        ;
    while (::waitpid(-leader, nullptr, __WALL) > 0 || errno == EINTR)
        ;
    return status;
}

/// fork(2) past the libc, so that nothing that listens for it runs in the child: ThreadSanitizer
/// would start a thread there, and a process with threads may not enter a user namespace.
[[nodiscard]] inline pid_t fork_alone() noexcept {
    return static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

/// The first acts of the child: its own process group, its end tied to its parent's, its outputs.
inline void become_child(const unique_fd& output, const unique_fd& errors) noexcept {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::dup2(output.get(), STDOUT_FILENO);
    ::dup2(errors.get(), STDERR_FILENO);
}

} // namespace detail

/// Runs `body`, a function that returns an exit status, in a forked child, and waits for its end.
///
/// At the time limit the child and its process group are killed; when the child has ended by
/// itself the rest of its group is killed too, and no zombie is left. A process that leaves the
/// group outlives it, unless it is in a PID namespace of the child's. An exception that leaves
/// `body` ends the child with SIGABRT. Call it with a single thread running. Fails with the errno
/// of pipe2(2), clone(2) or pidfd_open(2).
template <class Body>
// NOLINTNEXTLINE(readability-function-size): one act from the fork to the end; its parts share every descriptor.
[[nodiscard]] result<outcome> run_in_child(Body body, const child_limits& limits = {}) {
    auto output = detail::make_pipe();
    auto errors = detail::make_pipe();
    if (!output.has_value() || !errors.has_value())
        return fail(!output.has_value() ? output.error() : errors.error());
    std::fflush(nullptr);
    const auto started = std::chrono::steady_clock::now();
    const detail::orphans_adopted adopted;
    const pid_t child = detail::fork_alone();
    if (child < 0)
        return fail_with_errno("clone");
    if (child == 0) {
        [&]() noexcept {
            detail::become_child(output.value().write, errors.value().write);
            const int status = body();
            std::fflush(nullptr);
            ::_exit(status);
        }();
    }
    ::setpgid(child, child);
    output.value().write.reset();
    errors.value().write.reset();
    detail::capture captured_output{std::move(output.value().read), {}};
    detail::capture captured_errors{std::move(errors.value().read), {}};
    ::fcntl(captured_output.from.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(captured_errors.from.get(), F_SETFL, O_NONBLOCK);
    constexpr long sys_pidfd_open = 434;
    const unique_fd pidfd{static_cast<int>(::syscall(sys_pidfd_open, child, 0))};
    if (!pidfd) {
        auto failed = fail_with_errno("pidfd_open");
        static_cast<void>(detail::end_group(child));
        return failed;
    }
    const bool in_time =
        detail::read_until_end(captured_output, captured_errors, pidfd.get(), limits);
    const int status = detail::end_group(child);
    captured_output.drain(limits.output);
    captured_errors.drain(limits.output);
    const ending how = !in_time            ? ending::timed_out
                       : WIFEXITED(status) ? ending::exited
                                           : ending::signalled;
    return outcome{.how = how,
                   .number = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
                   .output = std::move(captured_output.text),
                   .errors = std::move(captured_errors.text),
                   .truncated = captured_output.truncated || captured_errors.truncated,
                   .elapsed = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::steady_clock::now() - started)};
}

/// A command to run: its name is looked up in PATH.
struct command {
    std::vector<std::string> arguments;
    /// `NAME=value` is set in its environment, `NAME` alone is taken out of it.
    std::vector<std::string> environment = {};
    /// Where it runs; empty for the caller's directory.
    std::string directory = {};
};

namespace detail {

/// Turns the calling process into the command; returns the call that failed, with its errno.
[[nodiscard]] inline const char* become_command(const command& wanted) {
    for (const std::string& change : wanted.environment) {
        const std::size_t equals = change.find('=');
        if (equals == std::string::npos)
            ::unsetenv(change.c_str());
        else
            ::setenv(change.substr(0, equals).c_str(), change.substr(equals + 1).c_str(), 1);
    }
    if (!wanted.directory.empty() && ::chdir(wanted.directory.c_str()) != 0)
        return "chdir";
    std::vector<char*> arguments;
    for (const std::string& argument : wanted.arguments)
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execvp changes none of them.
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    ::execvp(arguments.front(), arguments.data());
    return "execvp";
}

} // namespace detail

/// Runs a command and waits for its end, on the terms of `run_in_child`. Its standard input is
/// empty. Fails also with the errno of chdir(2) or execvp(3), so that a command that could not be
/// started is not taken for one that ended badly.
[[nodiscard]] inline result<outcome> run_command(const command& wanted,
                                                 const child_limits& limits = {}) {
    struct start_failure {
        char call[8];
        int error_number;
    } failure_to_start{};
    if (wanted.arguments.empty())
        return fail(
            {.call = "execvp", .error_number = EINVAL, .subject = {}, .kernel_message = {}});
    auto channel = detail::make_pipe();
    if (!channel.has_value())
        return fail(channel.error());
    auto ended = run_in_child(
        [&] {
            const unique_fd nothing{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
            ::dup2(nothing.get(), STDIN_FILENO);
            const char* const call = detail::become_command(wanted);
            failure_to_start.error_number = errno;
            std::string_view{call}.copy(failure_to_start.call, sizeof failure_to_start.call - 1);
            const ssize_t written =
                ::write(channel.value().write.get(), &failure_to_start, sizeof failure_to_start);
            return written > 0 ? 127 : 126;
        },
        limits);
    channel.value().write.reset();
    ::fcntl(channel.value().read.get(), F_SETFL, O_NONBLOCK);
    const ssize_t got =
        ::read(channel.value().read.get(), &failure_to_start, sizeof failure_to_start);
    if (got != sizeof failure_to_start)
        return ended;
    const bool in_chdir = std::string_view{failure_to_start.call} == "chdir";
    return fail({.call = in_chdir ? "chdir" : "execvp",
                 .error_number = failure_to_start.error_number,
                 .subject = in_chdir ? wanted.directory : wanted.arguments.front(),
                 .kernel_message = {}});
}

} // namespace ovl::sandbox
