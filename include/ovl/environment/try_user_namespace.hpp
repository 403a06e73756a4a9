// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/environment/namespace_classifier.hpp>
#include <ovl/environment/namespace_stages.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ovl {

/// What a trial of namespaces showed: none where every stage worked, else the first refusal.
using namespace_trial = std::optional<namespace_refusal>;

namespace detail {

/// A namespace_stop as the child of a trial sends it: every byte is written.
using trial_report = std::array<int, 2>;

/// What the child of a trial does once its ids are mapped. System calls only: the program may have
/// had threads that held any lock when it was cloned.
[[noreturn]] inline void run_trial_child(int channel, int parents_end) noexcept {
    ::syscall(SYS_close, parents_end);
    ::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    char go = 0;
    if (::syscall(SYS_read, channel, &go, 1) == 1) {
        const namespace_stop stop = enter_mount_namespace().value_or(namespace_stop{});
        const trial_report report{static_cast<int>(stop.stage), stop.error_number};
        ::syscall(SYS_write, channel, report.data(), sizeof report);
    }
    ::syscall(SYS_exit_group, 0);
    __builtin_unreachable();
}

/// Lets the child go on, and gives its report. Fails with EIO where it ended without one, be it before it was told
/// to go on (EPIPE). The pidfd is watched as well: a process forked elsewhere in the program may hold
/// the channel open.
[[nodiscard]] inline result<namespace_stop> await_report(int channel, int pidfd) {
    if (retry([&] { return ::send(channel, "", 1, MSG_NOSIGNAL); }) != 1 && errno != EPIPE)
        return fail_with_errno("sendto");
    pollfd watched[] = {{channel, POLLIN, 0}, {pidfd, POLLIN, 0}};
    if (retry([&] { return ::poll(watched, 2, -1); }) < 0)
        return fail_with_errno("poll");
    trial_report report{};
    const ssize_t got =
        retry([&] { return ::recv(channel, report.data(), sizeof report, MSG_DONTWAIT); });
    // ECONNRESET: the child has ended without having read.
    if (got < 0 && errno != EAGAIN && errno != ECONNRESET)
        return fail_with_errno("recvfrom");
    if (got != sizeof report)
        return fail({.call = "recvfrom", .error_number = EIO});
    return namespace_stop{static_cast<namespace_stage>(report[0]), report[1]};
}

/// Ends and reaps a child made by `clone_child`, by its pidfd, so that nobody else's is meant; by its
/// number where a filter, or Linux 5.3, refuses that: the number is the child's until it is reaped.
inline void end_and_reap(const cloned_child& child) noexcept {
    constexpr long sys_pidfd_send_signal = 424;
    if (::syscall(sys_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0) != 0)
        ::kill(child.pid, SIGKILL);
    constexpr auto by_pidfd = static_cast<idtype_t>(3);
    siginfo_t ended;
    int reaped = 0;
    do
        reaped = ::waitid(by_pidfd, static_cast<id_t>(child.pidfd.get()), &ended, WEXITED | __WALL);
    while (reaped != 0 && errno == EINTR);
    if (reaped != 0)
        while (::waitpid(child.pid, nullptr, __WALL) < 0 && errno == EINTR)
            ;
}

/// Whether a kernel says with this errno that the stage is not to be had: not for this caller, not
/// any more, or not at all. With any other the trial itself has failed, and may work in a moment.
[[nodiscard]] inline bool is_refusal(const namespace_stop& stop) noexcept {
    const bool creates = stop.stage <= namespace_stage::unshare ||
                         stop.stage == namespace_stage::mount_namespace;
    switch (stop.error_number) {
    case EPERM:
    case EACCES:
        return true;
    case ENOENT:
        return !creates;
    case ENOSYS:
        return creates || stop.stage == namespace_stage::private_mounts;
    case EINVAL:
    case ENOSPC:
    case EUSERS:
        return creates;
    default:
        return false;
    }
}

[[nodiscard]] inline result<namespace_trial> conclude(const namespace_stop& stop,
                                                      std::string_view call) {
    if (stop.error_number == 0)
        return namespace_trial{};
    if (!is_refusal(stop))
        return fail({.where = step::enter_namespace,
                     .call = call,
                     .error_number = stop.error_number,
                     .subject = std::string{name(stop.stage)},
                     .kernel_message = {}});
    return namespace_trial{classify(stop.stage, stop.error_number, read_namespace_facts())};
}

} // namespace detail

/// Whether a process like this one can make a user namespace and a mount namespace in it, found by
/// doing so in a child; the caller's own namespaces, signals and children stay as they are.
///
/// Needs no privilege and may be called with threads running. Fails, with the stage as the subject,
/// where it could not be tried: EMFILE, EAGAIN (the limit of processes), ENOMEM.
[[nodiscard]] inline result<namespace_trial> try_user_namespace() {
    const auto failed = [](failure what) {
        return fail(std::move(what)
                        .at(step::enter_namespace)
                        .on(name(namespace_stage::clone)));
    };
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return failed(last_failure("socketpair"));
    unique_fd ours{ends[0]};
    unique_fd theirs{ends[1]};
    const id_map map = id_map::to_root();
    cloned_child child;
    {
        const signals_blocked quiet;
        child = clone_child(CLONE_NEWUSER);
        if (child.pid == 0)
            detail::run_trial_child(theirs.get(), ours.get());
    }
    if (child.pid < 0)
        return detail::conclude({namespace_stage::clone, errno}, "clone3");
    theirs.reset();
    const std::optional<namespace_stop> stop = write_id_maps(std::to_string(child.pid), map);
    // Awaited in any case: the map files of a child that has ended are root's, and refused as such.
    auto report = detail::await_report(ours.get(), child.pidfd.get());
    ours.reset();
    detail::end_and_reap(child);
    if (!report.has_value())
        return failed(std::move(report.error()));
    const namespace_stop& first = stop.has_value() ? *stop : report.value();
    return detail::conclude(first, name(first.stage));
}

} // namespace ovl
