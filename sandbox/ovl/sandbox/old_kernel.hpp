// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ovl::sandbox {

/// The system calls for mounting that came after mount(2), by number: the same on every
/// architecture that Linux gained or renumbered them for, x86-64 and arm64 among them.
inline constexpr std::array<std::uint32_t, 10> new_mount_calls{
    428, // open_tree       5.2
    429, // move_mount      5.2
    430, // fsopen          5.2
    431, // fsconfig        5.2
    432, // fsmount         5.2
    433, // fspick          5.2
    442, // mount_setattr   5.12
    457, // statmount       6.8
    458, // listmount       6.8
    467, // open_tree_attr  6.15
};

namespace detail {

/// The filter: another architecture's calls pass, since their numbers mean something else.
[[nodiscard]] constexpr auto old_kernel_filter() {
#if defined(__x86_64__)
    constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "ovl::sandbox knows the audit numbers of x86-64 and arm64"
#endif
    constexpr std::size_t calls = new_mount_calls.size();
    const auto statement = [](unsigned code, std::uint32_t k) {
        return sock_filter{static_cast<std::uint16_t>(code), 0, 0, k};
    };
    const auto jump = [](std::uint32_t k, std::size_t if_equal, std::size_t if_not) {
        return sock_filter{BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint8_t>(if_equal),
                           static_cast<std::uint8_t>(if_not), k};
    };
    std::array<sock_filter, calls + 5> filter{};
    filter[0] = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    filter[1] = jump(architecture, 0, calls + 1);
    filter[2] = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    for (std::size_t i = 0; i != calls; ++i)
        filter[3 + i] = jump(new_mount_calls[i], calls - i, 0);
    filter[calls + 3] = statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    filter[calls + 4] = statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    return filter;
}

} // namespace detail

/// Makes every one of `new_mount_calls` answer ENOSYS, as an old kernel does, in the calling
/// process, all its threads, and all its children; for good. Sets no_new_privs, so that no
/// privilege is needed. Returns 0, or the errno of prctl(2) or seccomp(2).
[[nodiscard]] inline int deny_new_mount_calls() noexcept {
    auto filter = detail::old_kernel_filter();
    const sock_fprog program{static_cast<std::uint16_t>(filter.size()), filter.data()};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return errno;
    const long installed =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    // A positive number is the thread that could not be brought along.
    return installed == 0 ? 0 : installed > 0 ? ESRCH : errno;
}

} // namespace ovl::sandbox
