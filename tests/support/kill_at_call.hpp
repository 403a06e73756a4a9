// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <set>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ovl_test {

namespace detail {

/// Lets a traced thread go on to its next system call, with the signal it was stopped for; the
/// SIGSTOP with which a traced thread begins is not one.
inline void resume(pid_t thread, int status) {
    const int signal = WSTOPSIG(status);
    const bool told = signal != SIGSTOP && signal != SIGTRAP && signal != (SIGTRAP | 0x80);
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, told ? static_cast<long>(signal) : 0L);
}

} // namespace detail

/// Runs `body` in a forked child and kills that with SIGKILL as it enters its n-th system call,
/// counted from 1 over all its threads. False where it came to its end first. The child is gone
/// when this returns.
template <class Body>
[[nodiscard]] bool killed_at_call(int n, Body body) {
    const pid_t child = ::fork();
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        body();
        ::_exit(0);
    }
    int status = 0;
    BOOST_REQUIRE(::waitpid(child, &status, __WALL) == child);
    BOOST_REQUIRE(WIFSTOPPED(status));
    constexpr long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
    BOOST_REQUIRE(::ptrace(PTRACE_SETOPTIONS, child, nullptr, options) == 0);
    detail::resume(child, status);
    std::set<pid_t> in_call;
    int entered = 0;
    bool killed = false;
    for (;;) {
        const pid_t thread = ::waitpid(-1, &status, __WALL);
        BOOST_REQUIRE(thread > 0 || errno == EINTR);
        if (thread == child && !WIFSTOPPED(status))
            return killed;
        if (thread <= 0 || !WIFSTOPPED(status) || killed)
            continue;
        const bool enters = WSTOPSIG(status) == (SIGTRAP | 0x80) && in_call.erase(thread) == 0 &&
                            in_call.insert(thread).second;
        if (enters && ++entered == n)
            killed = ::kill(child, SIGKILL) == 0;
        else
            detail::resume(thread, status);
    }
}

} // namespace ovl_test
