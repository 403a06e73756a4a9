// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/namespace_stages.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/level.hpp>
#include <ovl/sandbox/marker.hpp>
#include <ovl/sandbox/old_kernel.hpp>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <linux/capability.h>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// The child's side of the re-execution: from its first breath to execv.
namespace ovl::sandbox::detail {

/// What the child tells its parent through the channel; an exec closes it without a word.
struct message {
    /// The stage that stopped the child; error_number 0 where `wait_status` is what is told.
    namespace_stop stop;
    /// How the program ended, told by the init of a PID namespace.
    int wait_status = 0;
};

/// Names a directory to be used in place of the tmpfs.
inline constexpr const char* scratch_variable = "OVL_SANDBOX_SCRATCH";

/// Everything the child needs, prepared by the parent.
struct plan {
    level wanted = level::userns;
    /// The directory that the private tmpfs is mounted on.
    std::string tmpfs_directory;
    /// A directory to be mounted there instead; empty where there is none.
    std::string scratch_directory;
    marker mark;
    char** arguments = nullptr;
    int channel = -1;
};

/// Capabilities survive an exec by a uid other than 0 only where they are inheritable and ambient.
[[nodiscard]] inline std::optional<namespace_stop> make_capabilities_ambient() noexcept {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[2] = {};
    if (::syscall(SYS_capget, &header, sets) != 0)
        return namespace_stop{namespace_stage::capabilities, errno};
    for (auto& set : sets)
        set.inheritable = set.permitted;
    if (::syscall(SYS_capset, &header, sets) != 0)
        return namespace_stop{namespace_stage::capabilities, errno};
    for (unsigned long capability = 0; capability != 64; ++capability) {
        if ((sets[capability / 32].permitted >> capability % 32 & 1) == 0)
            continue;
        if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
            return namespace_stop{namespace_stage::capabilities, errno};
    }
    return std::nullopt;
}

[[nodiscard]] inline std::optional<namespace_stop>
mount_on(namespace_stage stage, const char* filesystem, const char* directory, unsigned long flags,
         const char* data) noexcept {
    if (::mount(filesystem, directory, filesystem, flags, data) != 0)
        return namespace_stop{stage, errno};
    return std::nullopt;
}

/// A second user namespace below the first, mapped by the process itself.
[[nodiscard]] inline std::optional<namespace_stop> nest() {
    const id_map map = id_map::to_root();
    if (::syscall(SYS_unshare, CLONE_NEWUSER) != 0)
        return namespace_stop{namespace_stage::unshare, errno};
    if (auto stop = write_id_maps("self", map))
        return stop;
    return enter_mount_namespace();
}

/// The init of the PID namespace: reaps until the program has ended, and tells how it did. It does
/// not raise the program's signal itself: a signal without a handler does not kill an init.
[[noreturn]] inline void be_init(int channel, pid_t program) noexcept {
    int status = 0;
    pid_t ended = 0;
    do {
        ended = ::wait(&status);
    } while (ended != program && (ended > 0 || errno == EINTR));
    const message told{{}, status};
    const ssize_t written = ::write(channel, &told, sizeof told);
    ::_exit(written == sizeof told ? 0 : 1);
}

/// Becomes the program's process in a new PID namespace; every other process of it stays in here.
/// Only a child forked after the unshare is in the namespace, and only it may mount proc.
[[nodiscard]] inline std::optional<namespace_stop> enter_pid_namespace(int channel) noexcept {
    if (::syscall(SYS_unshare, CLONE_NEWPID) != 0)
        return namespace_stop{namespace_stage::pid_namespace, errno};
    const pid_t init = fork_alone();
    if (init < 0)
        return namespace_stop{namespace_stage::pid_namespace, errno};
    if (init > 0) {
        while (::waitpid(init, nullptr, 0) < 0 && errno == EINTR)
            ;
        ::_exit(0);
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (auto stop = mount_on(namespace_stage::proc, "proc", "/proc",
                             MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr))
        return stop;
    const pid_t program = fork_alone();
    if (program < 0)
        return namespace_stop{namespace_stage::pid_namespace, errno};
    if (program > 0)
        be_init(channel, program);
    return std::nullopt;
}

/// What TMPDIR will be: a tmpfs, or the directory asked for.
[[nodiscard]] inline std::optional<namespace_stop> mount_scratch(const plan& wanted) {
    const char* const point = wanted.tmpfs_directory.c_str();
    if (wanted.scratch_directory.empty())
        return mount_on(namespace_stage::tmpfs, "tmpfs", point, 0, "mode=0755");
    if (::mount(wanted.scratch_directory.c_str(), point, nullptr, MS_BIND, nullptr) != 0)
        return namespace_stop{namespace_stage::tmpfs, errno};
    return std::nullopt;
}

/// Every stage between the mapped ids and the exec.
[[nodiscard]] inline std::optional<namespace_stop> prepare(const plan& wanted) {
    if (auto stop = enter_mount_namespace())
        return stop;
    if (wanted.wanted == level::nested)
        if (auto stop = nest())
            return stop;
    if (auto stop = mount_scratch(wanted))
        return stop;
    if (wanted.wanted == level::pid)
        if (auto stop = enter_pid_namespace(wanted.channel))
            return stop;
    if (wanted.wanted == level::userns_self)
        if (auto stop = make_capabilities_ambient())
            return stop;
    if (wanted.wanted == level::old_kernel)
        if (const int refused = deny_new_mount_calls(); refused != 0)
            return namespace_stop{namespace_stage::seccomp, refused};
    return std::nullopt;
}

/// The whole life of the child up to the exec; what stopped it is told through the channel.
[[noreturn]] inline void live_inside(const plan& wanted, const signals_blocked& quiet) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    char go = 0;
    if (::read(wanted.channel, &go, 1) != 1)
        ::_exit(125);
    std::optional<namespace_stop> stop = prepare(wanted);
    if (!stop) {
        marker mark = wanted.mark;
        mark.process = own_pid();
        ::setenv(marker_variable, mark.text().c_str(), 1);
        ::setenv("TMPDIR", wanted.tmpfs_directory.c_str(), 1);
        ::unsetenv(scratch_variable);
        // A change of credentials, as another user namespace is one, clears it.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        quiet.restore();
        ::execv("/proc/self/exe", wanted.arguments);
        stop = namespace_stop{namespace_stage::exec, errno};
    }
    const message told{*stop, 0};
    const ssize_t written = ::write(wanted.channel, &told, sizeof told);
    ::_exit(written == sizeof told ? 125 : 126);
}

} // namespace ovl::sandbox::detail
