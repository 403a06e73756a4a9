// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ovl_test {

namespace detail {

[[nodiscard]] inline bool install(const sock_filter* filter, std::size_t length) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): the kernel reads it.
    const sock_fprog program{static_cast<std::uint16_t>(length), const_cast<sock_filter*>(filter)};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

} // namespace detail

/// Has one system call answer `error_number` from now on, in this process.
[[nodiscard]] inline bool refuse_call(long number, int error_number) {
    const std::array filter{
        sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<std::uint32_t>(number)},
        sock_filter{BPF_RET | BPF_K, 0, 0,
                    SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number)},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    return detail::install(filter.data(), filter.size());
}

/// The same, but only where the argument of that index has that value, as a kernel does that knows
/// fewer commands. 32 bits of the argument are looked at.
[[nodiscard]] inline bool refuse_call_with(long number, unsigned argument, std::uint32_t value,
                                           int error_number) {
    const auto at =
        static_cast<std::uint32_t>(offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t));
    const std::array filter{
        sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 3, static_cast<std::uint32_t>(number)},
        sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, at},
        sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, value},
        sock_filter{BPF_RET | BPF_K, 0, 0,
                    SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number)},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    return detail::install(filter.data(), filter.size());
}

/// As a container's profile does: clone3 is ENOSYS, and clone with CLONE_NEWUSER is EPERM.
[[nodiscard]] inline bool refuse_user_namespaces() {
    constexpr long clone3 = 435;
    const std::array filter{
        sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 3, static_cast<std::uint32_t>(SYS_clone)},
        sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, args[0])},
        sock_filter{BPF_JMP | BPF_JSET | BPF_K, 0, 1, CLONE_NEWUSER},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
        sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW}};
    return refuse_call(clone3, ENOSYS) && detail::install(filter.data(), filter.size());
}

} // namespace ovl_test
