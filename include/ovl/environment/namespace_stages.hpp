// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/environment/namespace_refusal.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/// The single stages of which entering namespaces is made, for those who put them together:
/// `try_user_namespace`, `enter_user_namespace`, and the sandbox of the tests.
namespace ovl {

/// The stage that was refused, as it comes out of a child: plain bytes, to be classified by a
/// process that may allocate.
struct namespace_stop {
    namespace_stage stage = namespace_stage::clone;
    int error_number = 0;
};

/// Maps one uid and one gid: all that an unprivileged process may map.
struct id_map {
    uid_t inside_uid = 0;
    gid_t inside_gid = 0;
    uid_t outside_uid = 0;
    gid_t outside_gid = 0;

    /// The caller's effective ids as 0 and 0. Ask before entering: unmapped ids read as 65534.
    [[nodiscard]] static id_map to_root() noexcept { return {0, 0, ::geteuid(), ::getegid()}; }
    /// The caller's effective ids as themselves. Capabilities are then lost at exec, unless they
    /// are ambient.
    [[nodiscard]] static id_map to_itself() noexcept {
        return {::geteuid(), ::getegid(), ::geteuid(), ::getegid()};
    }
};

/// A child made by `clone_child`: 0 in the child, -1 and errno where the kernel refused.
struct cloned_child {
    pid_t pid = -1;
    /// In the parent: becomes readable when the child has ended.
    unique_fd pidfd;
};

/// Clones the calling process, as fork does, into the new namespaces of `namespace_flags`.
///
/// The child sends no signal when it ends and no wait without __WALL finds it, so that a program's
/// SIGCHLD handler and its `waitpid(-1)` never see it. fork handlers do not run: where the
/// process has threads the child may only make system calls and _exit. clone3 first; clone where a
/// container's seccomp profile answers ENOSYS to it. Needs Linux 5.3.
[[nodiscard]] inline cloned_child clone_child(std::uint64_t namespace_flags) noexcept {
    constexpr std::uint64_t clone_pidfd = 0x1000;
    struct {
        alignas(8) std::uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack,
            stack_size, tls;
    } arguments{};
    int pidfd = -1;
    arguments.flags = namespace_flags | clone_pidfd;
    arguments.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    constexpr long sys_clone3 = 435;
    long pid = ::syscall(sys_clone3, &arguments, sizeof arguments);
    if (pid < 0 && errno == ENOSYS)
        pid = ::syscall(SYS_clone, arguments.flags, nullptr, &pidfd, nullptr, nullptr);
    return {static_cast<pid_t>(pid), unique_fd{pid > 0 ? pidfd : -1}};
}

/// Writes one of the map files of `process` (`self`, or a pid). Returns 0, or the errno of open(2)
/// or write(2). Needs CAP_SYS_ADMIN in the namespace that is mapped, which its creator has.
[[nodiscard]] inline int write_map_file(const std::string& process, const char* file,
                                        const std::string& text) {
    const std::string path = "/proc/" + process + "/" + file;
    const unique_fd map{
        detail::retry([&] { return ::open(path.c_str(), O_WRONLY | O_CLOEXEC); })};
    if (!map)
        return errno;
    const auto write = [&] { return ::write(map.get(), text.data(), text.size()); };
    return detail::retry(write) < 0 ? errno : 0;
}

/// Writes setgroups, gid_map and uid_map of `process` (`self`, or a pid) in that order, the one
/// that an unprivileged process is allowed.
[[nodiscard]] inline std::optional<namespace_stop> write_id_maps(const std::string& process,
                                                                 const id_map& map) {
    const auto line = [](unsigned inside, unsigned outside) {
        return std::to_string(inside) + " " + std::to_string(outside) + " 1";
    };
    if (const int refused = write_map_file(process, "setgroups", "deny"); refused != 0)
        return namespace_stop{namespace_stage::setgroups, refused};
    if (const int refused =
            write_map_file(process, "gid_map", line(map.inside_gid, map.outside_gid));
        refused != 0)
        return namespace_stop{namespace_stage::gid_map, refused};
    if (const int refused =
            write_map_file(process, "uid_map", line(map.inside_uid, map.outside_uid));
        refused != 0)
        return namespace_stop{namespace_stage::uid_map, refused};
    return std::nullopt;
}

/// Moves the calling thread into a mount namespace of its own, of which nothing gets out: every
/// mount is made private. Needs CAP_SYS_ADMIN. Async-signal-safe.
[[nodiscard]] inline std::optional<namespace_stop> enter_mount_namespace() noexcept {
    if (::syscall(SYS_unshare, CLONE_NEWNS) != 0)
        return namespace_stop{namespace_stage::mount_namespace, errno};
    if (::syscall(SYS_mount, "none", "/", "none", MS_REC | MS_PRIVATE, nullptr) != 0)
        return namespace_stop{namespace_stage::private_mounts, errno};
    return std::nullopt;
}

/// Blocks every signal in the calling thread for as long as it lives, so that no handler of the
/// program runs in a child before that has taken its own way.
class signals_blocked {
  public:
    signals_blocked() noexcept {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;
    ~signals_blocked() { restore(); }

    /// Restores the mask early: for a child that is about to exec.
    void restore() const noexcept { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_{};
};

} // namespace ovl
