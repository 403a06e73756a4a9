// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/refuse_calls.hpp"
#include "trust/place.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <span>
#include <string>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

/// A process whose every system call another one sees before it is made, and lets pass, kills the
/// process at, or has fail. The calls are stopped at by a seccomp filter, at half the cost of stopping
/// at the entry and the exit of each.
namespace ovl_trust {

/// A call of this number does nothing, and tells the tracer that what is traced is over.
inline constexpr long end_marker = 1'000'000;

/// A thread that stands before a system call.
class pending_call {
  public:
    explicit pending_call(pid_t thread) noexcept : thread_{thread} { read(); }

    [[nodiscard]] long number() const noexcept {
#if defined(__x86_64__)
        return static_cast<long>(registers_.orig_rax);
#else
        return static_cast<long>(registers_.regs[8]);
#endif
    }
    [[nodiscard]] std::uint64_t argument(int which) const noexcept {
#if defined(__x86_64__)
        const unsigned long long in_order[] = {registers_.rdi, registers_.rsi, registers_.rdx,
                                               registers_.r10, registers_.r8,  registers_.r9};
        return in_order[which];
#else
        return registers_.regs[which];
#endif
    }
    /// What an argument that is a path points to.
    [[nodiscard]] std::string text(int which) const {
        char buffer[256] = {};
        const iovec into{buffer, sizeof buffer - 1};
        const auto at = reinterpret_cast<void*>(argument(which));
        // A page at a time, lest the end of the buffer lies beyond what is mapped.
        std::size_t size = std::min(sizeof buffer - 1, 4096 - (argument(which) & 4095));
        const iovec from{at, size};
        return ::process_vm_readv(thread_, &into, 1, &from, 1, 0) > 0 ? buffer : "";
    }
    /// Has the call not made, and return a failure.
    void refuse(int error_number) {
        set_number(-1);
        set_returned(error_number);
    }
    /// Has the call, which has been made by now, return a failure.
    void set_returned(int error_number) {
#if defined(__x86_64__)
        registers_.rax = static_cast<unsigned long long>(-static_cast<long long>(error_number));
#else
        registers_.regs[0] = static_cast<unsigned long long>(-static_cast<long long>(error_number));
#endif
        write();
    }

  private:
    void set_number(long number) {
#if defined(__x86_64__)
        registers_.orig_rax = static_cast<unsigned long long>(number);
#else
        int call = static_cast<int>(number);
        iovec set{&call, sizeof call};
        ::ptrace(PTRACE_SETREGSET, thread_, NT_ARM_SYSTEM_CALL, &set);
#endif
    }
    void read() {
        iovec all{&registers_, sizeof registers_};
        ::ptrace(PTRACE_GETREGSET, thread_, NT_PRSTATUS, &all);
    }
    void write() {
        iovec all{&registers_, sizeof registers_};
        ::ptrace(PTRACE_SETREGSET, thread_, NT_PRSTATUS, &all);
    }

    pid_t thread_;
    user_regs_struct registers_{};
};

/// What becomes of a call.
enum class fate { made, refused, made_and_refused, killed };

namespace detail {

/// Stops at every call but these.
[[nodiscard]] inline bool stop_at_calls_but(std::span<const long> ignored) {
    std::vector<sock_filter> filter{{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)}};
    for (std::size_t i = 0; i < ignored.size(); ++i)
        filter.push_back({BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint8_t>(ignored.size() - i),
                          0, static_cast<std::uint32_t>(ignored[i])});
    filter.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_TRACE});
    filter.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW});
    const sock_fprog program{static_cast<std::uint16_t>(filter.size()), filter.data()};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

[[nodiscard]] inline bool is_event(int status, int event) noexcept {
    return status >> 8 == (SIGTRAP | event << 8);
}

} // namespace detail

/// Runs `body` in a forked child, and calls `decide(call)`, which gives its fate and, as `error`, the
/// errno, for each call that it or a thread or child of its own makes, until it says that it is over.
/// Gives the child's wait status once all of them are gone. Needs no privilege.
template <class Body, class Decide>
[[nodiscard]] int trace(Body body, std::span<const long> ignored, Decide decide) {
    const pid_t child = ::fork();
    must(child >= 0, "fork");
    if (child == 0) {
        ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        ::raise(SIGSTOP);
        // Without which a filter takes privilege.
        must(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
        must(detail::stop_at_calls_but(ignored), "seccomp");
        body();
        ::_exit(0);
    }
    int status = 0;
    must(::waitpid(child, &status, __WALL) == child && WIFSTOPPED(status), "waitpid");
    constexpr long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE |
                             PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACESECCOMP;
    must(::ptrace(PTRACE_SETOPTIONS, child, nullptr, options) == 0, "PTRACE_SETOPTIONS");
    ::ptrace(PTRACE_CONT, child, nullptr, nullptr);
    int ended = -1;
    bool over = false;
    int late_error = 0;
    for (;;) {
        const pid_t thread = ::waitpid(-1, &status, __WALL);
        if (thread < 0 && errno == EINTR)
            continue;
        if (thread < 0)
            return ended;
        if (!WIFSTOPPED(status)) {
            if (thread == child)
                ended = status;
            continue;
        }
        auto how = PTRACE_CONT;
        long signal = 0;
        if (detail::is_event(status, PTRACE_EVENT_SECCOMP)) {
            pending_call call{thread};
            over = over || call.number() == end_marker;
            int error = 0;
            switch (over ? fate::made : decide(call, error)) {
            case fate::made:
                break;
            case fate::refused:
                call.refuse(error);
                break;
            case fate::made_and_refused:
                late_error = error;
                how = PTRACE_SYSCALL;
                break;
            case fate::killed:
                ::kill(child, SIGKILL);
                break;
            }
        } else if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
            pending_call{thread}.set_returned(late_error);
        } else if (WSTOPSIG(status) != SIGSTOP && WSTOPSIG(status) != SIGTRAP) {
            signal = WSTOPSIG(status);
        }
        ::ptrace(how, thread, nullptr, signal);
    }
}

} // namespace ovl_trust
