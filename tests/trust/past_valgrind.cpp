// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// Preloaded into a program that valgrind runs: system calls that valgrind does not know, and would answer with
// ENOSYS itself, are made on the real processor. It looks at what goes into them in valgrind's place: what is not
// initialised is an error here too.

#include <ovl/detail/kernel_calls.hpp>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstring>
#include <valgrind/memcheck.h>

namespace {

using arguments = std::array<long, 6>;

// What valgrind calls may use no C library: a thread's registers are not what that expects there.
long system_call(long number, const arguments& with) {
#if defined(__x86_64__)
    long returned = 0;
    register long fourth asm("r10") = with[3];
    register long fifth asm("r8") = with[4];
    register long sixth asm("r9") = with[5];
    asm volatile("syscall"
                 : "=a"(returned)
                 : "a"(number), "D"(with[0]), "S"(with[1]), "d"(with[2]), "r"(fourth), "r"(fifth),
                   "r"(sixth)
                 : "rcx", "r11", "memory");
    return returned;
#elif defined(__aarch64__)
    register long call asm("x8") = number;
    register long first asm("x0") = with[0];
    register long second asm("x1") = with[1];
    register long third asm("x2") = with[2];
    register long fourth asm("x3") = with[3];
    register long fifth asm("x4") = with[4];
    register long sixth asm("x5") = with[5];
    asm volatile("svc 0"
                 : "+r"(first)
                 : "r"(call), "r"(second), "r"(third), "r"(fourth), "r"(fifth), "r"(sixth)
                 : "memory");
    return first;
#else
#error "which registers does a system call take here?"
#endif
}

struct request {
    long number;
    const arguments& with;
};

long on_the_real_processor(long, request* made) {
    return system_call(made->number, made->with);
}

void check_string(long address) {
    const auto* const text = reinterpret_cast<const char*>(address);
    if (text != nullptr)
        VALGRIND_CHECK_MEM_IS_DEFINED(text, std::strlen(text) + 1);
}

void check_bytes(long address, long size) {
    VALGRIND_CHECK_MEM_IS_DEFINED(address, size);
}

bool is_unknown_to_valgrind(long number) {
    constexpr long pidfd_send_signal = 424;
    using namespace ovl::detail;
    switch (number) {
    case sys_fsopen:
    case sys_fsconfig:
    case sys_fsmount:
    case sys_open_tree:
    case sys_move_mount:
    case sys_openat2:
    case sys_fchmodat2:
    case sys_mount_setattr:
    case sys_statmount:
    case pidfd_send_signal:
        return true;
    default:
        return false;
    }
}

void check_what_goes_in(long number, const arguments& with) {
    using namespace ovl::detail;
    switch (number) {
    case sys_fsopen:
        return check_string(with[0]);
    case sys_fsconfig:
        check_string(with[2]);
        if (with[1] == static_cast<long>(fsconfig_command::set_string))
            check_string(with[3]);
        return;
    case sys_move_mount:
        check_string(with[1]);
        return check_string(with[3]);
    case sys_open_tree:
    case sys_fchmodat2:
        return check_string(with[1]);
    case sys_openat2:
        check_string(with[1]);
        return check_bytes(with[2], with[3]);
    case sys_mount_setattr:
        check_string(with[1]);
        return check_bytes(with[3], with[4]);
    case sys_statmount:
        return check_bytes(with[0], sizeof(mnt_id_request));
    default:
        return;
    }
}

} // namespace

extern "C" long syscall(long number, ...) noexcept {
    arguments with{};
    std::va_list list;
    va_start(list, number);
    for (long& each : with)
        each = va_arg(list, long);
    va_end(list);

    long returned = 0;
    if (is_unknown_to_valgrind(number)) {
        check_what_goes_in(number, with);
        request made{number, with};
        returned = static_cast<long>(VALGRIND_NON_SIMD_CALL1(on_the_real_processor, &made));
        if (number == ovl::detail::sys_statmount && returned == 0)
            VALGRIND_MAKE_MEM_DEFINED(with[1], with[2]);
    } else {
        returned = system_call(number, with);
    }
    constexpr long highest_errno = 4095;
    if (returned >= 0 || returned < -highest_errno)
        return returned;
    errno = static_cast<int>(-returned);
    return -1;
}
