// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/figures.hpp"

#include <cerrno>
#include <csignal>
#include <set>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ovl_trust {

/// Runs `body` in a child, and `act` here as the child enters its n-th system call, counted from 1 over all its
/// threads, which waits meanwhile. False where the child came to its end first. The child has ended when this returns.
template <class Body, class Act>
[[nodiscard]] bool at_call(int n, Body body, Act act) {
    const pid_t child = ::fork();
    must(child >= 0, "fork");
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        body();
        ::_exit(0);
    }
    int status = 0;
    must(::waitpid(child, &status, __WALL) == child && WIFSTOPPED(status), "a traced child");
    constexpr long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE;
    must(::ptrace(PTRACE_SETOPTIONS, child, nullptr, options) == 0, "ptrace");
    ::ptrace(PTRACE_SYSCALL, child, nullptr, 0L);
    std::set<pid_t> in_call;
    int entered = 0;
    for (;;) {
        const pid_t thread = ::waitpid(-1, &status, __WALL);
        must(thread > 0 || errno == EINTR, "waitpid");
        if (thread == child && !WIFSTOPPED(status)) {
            must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "the traced child's end");
            return entered >= n;
        }
        if (thread <= 0 || !WIFSTOPPED(status))
            continue;
        const int signal = WSTOPSIG(status);
        const bool enters = signal == (SIGTRAP | 0x80) && in_call.erase(thread) == 0 &&
                            in_call.insert(thread).second;
        if (enters && ++entered == n)
            act();
        const bool told = signal != SIGSTOP && signal != SIGTRAP && signal != (SIGTRAP | 0x80);
        ::ptrace(entered >= n ? PTRACE_CONT : PTRACE_SYSCALL, thread, nullptr,
                 told ? static_cast<long>(signal) : 0L);
    }
}

} // namespace ovl_trust
