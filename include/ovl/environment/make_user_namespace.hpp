// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/environment/try_user_namespace.hpp>

#include <cerrno>
#include <string>

namespace ovl {

namespace detail {

/// Holds a user namespace open until the other end of the channel is closed, through what may keep it from seeing that:
/// the files of a child that has ended are refused to its parent. System calls only.
[[noreturn]] inline void run_namespace_holder(int channel, int parents_end) noexcept {
    ::syscall(SYS_close, parents_end);
    ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    char end = 0;
    while (::syscall(SYS_read, channel, &end, 1) < 0) {
    }
    ::syscall(SYS_exit_group, 0);
    __builtin_unreachable();
}

} // namespace detail

/// A user namespace with this map and nobody in it, as mount_setattr(2) takes one to map the owners
/// of a mount. Made by a child that has ended and is reaped when this returns. Fails with the errno
/// of the stage that was refused: EPERM where the map gives ids that are not the caller's to give.
[[nodiscard]] inline result<unique_fd> make_user_namespace(const id_map& map) {
    const auto failed = [](std::string_view call, int error_number) {
        return fail({.where = step::enter_namespace,
                     .call = call,
                     .error_number = error_number,
                     .subject = "user namespace of an idmapped mount",
                     .kernel_message = {}});
    };
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return failed("socketpair", errno);
    const unique_fd ours{ends[0]};
    const unique_fd theirs{ends[1]};
    cloned_child child;
    {
        const signals_blocked quiet;
        child = clone_child(CLONE_NEWUSER);
        if (child.pid == 0)
            detail::run_namespace_holder(theirs.get(), ours.get());
    }
    if (child.pid < 0)
        return failed("clone3", errno);
    const std::string process = std::to_string(child.pid);
    const auto refused = write_id_maps(process, map);
    unique_fd opened{
        ::open(("/proc/" + process + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
    const int error_number = errno;
    detail::end_and_reap(child);
    if (refused.has_value())
        return failed(name(refused->stage), refused->error_number);
    if (!opened)
        return failed("open", error_number);
    return opened;
}

} // namespace ovl
