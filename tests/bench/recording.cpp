// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "recording.hpp"

#include <ovl/detail/kernel_calls.hpp>

#include <algorithm>
#include <csignal>
#include <string_view>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ovl_bench {

namespace {

/// How a call's arguments are to be copied, a letter each: `.` as it is, `s` a string, `m` 512 bytes of memory that the
/// kernel reads or writes, `n` memory as long as the next argument says.
struct known_call {
    long number;
    std::string_view arguments;
};

constexpr std::array known_calls{
    known_call{SYS_openat, ".s.."},
    known_call{ovl::detail::sys_openat2, ".sn."},
    known_call{SYS_mkdirat, ".s."},
    known_call{SYS_mknodat, ".s.."},
    known_call{SYS_unlinkat, ".s."},
    known_call{SYS_renameat2, ".s.s."},
    known_call{ovl::detail::sys_fchmodat2, ".s.."},
    known_call{SYS_lsetxattr, "ssn.."},
    known_call{SYS_lgetxattr, "ssn."},
    known_call{ovl::detail::sys_fsopen, "s."},
    known_call{ovl::detail::sys_fsconfig, "..ss."},
    known_call{ovl::detail::sys_fsmount, "..."},
    known_call{SYS_newfstatat, ".sm."},
    known_call{SYS_fstatfs, ".m"},
    known_call{SYS_statx, ".s..m"},
    known_call{ovl::detail::sys_statmount, "mn.."},
    known_call{SYS_getrandom, "n.."},
    known_call{SYS_read, ".n."},
    known_call{SYS_write, ".n."},
    known_call{SYS_getdents64, ".n."},
    known_call{SYS_ioctl, "..m"},
    known_call{SYS_name_to_handle_at, ".smm."},
    known_call{SYS_close, "."},
    known_call{SYS_flock, ".."},
    known_call{SYS_lseek, "..."},
    known_call{SYS_geteuid, ""},
};

constexpr std::size_t some_memory = 512;

/// Up to `length` bytes of the child's memory; what lies beyond a page that is not there is left out.
std::string read_memory(int child, unsigned long at, std::size_t length) {
    std::string bytes(length, '\0');
    iovec here{bytes.data(), length};
    constexpr unsigned long page = 4096;
    std::vector<iovec> there;
    for (unsigned long from = at; from < at + length;) {
        const unsigned long end = std::min(at + length, (from / page + 1) * page);
        there.push_back({reinterpret_cast<void*>(from), end - from});
        from = end;
    }
    ::process_vm_readv(child, &here, 1, there.data(), there.size(), 0);
    return bytes;
}

std::string read_string(int child, unsigned long at) {
    return read_memory(child, at, 4096).c_str();
}

[[noreturn]] void act_traced(const std::function<void()>& act) {
    const pid_t self = ::getpid();
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    act();
    ::kill(self, SIGSTOP);
    act();
    ::kill(self, SIGSTOP);
    ::_exit(0);
}

} // namespace

bool recording::add(int child, long number, const unsigned long* arguments) {
    const auto* const known =
        std::find_if(known_calls.begin(), known_calls.end(),
                     [&](const known_call& each) { return each.number == number; });
    if (known == known_calls.end())
        return false;
    call made{number, {}};
    std::copy_n(arguments, made.arguments.size(), made.arguments.begin());
    for (std::size_t i = 0; i != known->arguments.size(); ++i) {
        const char kind = known->arguments[i];
        // A null pointer stays one; so does a command's argument that is none.
        if (kind == '.' || arguments[i] < 4096)
            continue;
        memory_.push_back(kind == 's' ? read_string(child, arguments[i])
                                      : read_memory(child, arguments[i],
                                                    kind == 'n' ? arguments[i + 1] : some_memory));
        made.arguments[i] = reinterpret_cast<unsigned long>(memory_.back().data());
    }
    calls_.push_back(made);
    return true;
}

std::optional<recording> recording::of(const std::function<void()>& act) {
    const pid_t child = ::fork();
    if (child == 0)
        act_traced(act);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return std::nullopt;
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    std::optional<recording> made{std::in_place};
    bool ended = false;
    while (made.has_value() && !ended) {
        if (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0 ||
            ::waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
            made.reset();
            break;
        }
        __ptrace_syscall_info seen{};
        if (WSTOPSIG(status) != (SIGTRAP | 0x80) ||
            ::ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof seen, &seen) <= 0 ||
            seen.op != PTRACE_SYSCALL_INFO_ENTRY)
            continue;
        const auto number = static_cast<long>(seen.entry.nr);
        ended = number == SYS_kill;
        std::array<unsigned long, 6> arguments{};
        std::copy_n(seen.entry.args, arguments.size(), arguments.begin());
        if (!ended && !made->add(child, number, arguments.data()))
            made.reset();
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, &status, 0);
    return made;
}

void recording::replay() const {
    for (const call& each : calls_)
        ::syscall(each.number, each.arguments[0], each.arguments[1], each.arguments[2],
                  each.arguments[3], each.arguments[4], each.arguments[5]);
}

} // namespace ovl_bench
