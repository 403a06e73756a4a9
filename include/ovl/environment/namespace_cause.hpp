// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ovl {

/// Why a stage was refused, as far as it can be told.
enum class namespace_cause : std::uint8_t {
    threads,
    no_user_namespaces,
    max_user_namespaces,
    max_mnt_namespaces,
    max_pid_namespaces,
    nesting,
    enclosing_limit,
    unprivileged_userns_clone,
    chroot,
    unmapped_id,
    seccomp,
    apparmor,
    security_module,
    not_dumpable,
    not_root,
    no_new_privs,
    newuidmap_missing,
    no_subordinate_ids,
    proc_masked,
    no_proc,
    filesystem_missing,
    process_limit,
    out_of_memory,
    unknown,
};

/// What is said of a cause: its stable name, a sentence, and the command or step that mends it,
/// empty where none is known.
struct namespace_cause_text {
    namespace_cause cause{};
    std::string_view name;
    std::string_view sentence;
    std::string_view fix;
};

namespace detail {

/// A row of the table below, in plain pointers.
struct namespace_cause_row {
    namespace_cause cause;
    const char* name;
    const char* sentence;
    const char* fix;
};

inline constexpr std::array<namespace_cause_row, 24> namespace_cause_rows{{
    {namespace_cause::threads, "threads",
     "a process with more than one thread cannot unshare its user namespace",
     "enter the namespace before the first thread is started"},
    {namespace_cause::no_user_namespaces, "no-user-namespaces",
     "this kernel is built without user namespaces (CONFIG_USER_NS)",
     "boot a kernel with CONFIG_USER_NS=y"},
    {namespace_cause::max_user_namespaces, "max-user-namespaces",
     "the limit of user namespaces is reached", "sudo sysctl -w user.max_user_namespaces=15000"},
    {namespace_cause::max_mnt_namespaces, "max-mnt-namespaces",
     "the limit of mount namespaces is reached", "sudo sysctl -w user.max_mnt_namespaces=15000"},
    {namespace_cause::max_pid_namespaces, "max-pid-namespaces",
     "the limit of PID namespaces is reached", "sudo sysctl -w user.max_pid_namespaces=15000"},
    {namespace_cause::nesting, "nesting",
     "user namespaces are nested at most 33 deep below the initial one", "nest less deeply"},
    {namespace_cause::enclosing_limit, "enclosing-limit",
     "an enclosing user namespace has reached its limit of user namespaces, or they are nested "
     "too deeply",
     "raise user.max_user_namespaces in the enclosing namespace, or run outside of it"},
    {namespace_cause::unprivileged_userns_clone, "unprivileged-userns-clone",
     "kernel.unprivileged_userns_clone keeps user namespaces to root",
     "sudo sysctl -w kernel.unprivileged_userns_clone=1"},
    {namespace_cause::chroot, "chroot",
     "a process whose root is not that of its mount namespace cannot make a user namespace",
     "enter the tree by pivot_root instead of chroot: sudo bwrap --bind TREE / --dev /dev "
     "--proc /proc COMMAND"},
    {namespace_cause::unmapped_id, "unmapped-id",
     "the caller's uid or gid is not mapped in its own user namespace",
     "run as an id that /proc/self/uid_map and /proc/self/gid_map hold"},
    {namespace_cause::seccomp, "seccomp", "a seccomp filter refuses the call",
     "docker run --security-opt seccomp=unconfined, or a profile that allows the call"},
    {namespace_cause::apparmor, "apparmor",
     "AppArmor takes the capabilities away from unprivileged user namespaces",
     "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
    {namespace_cause::security_module, "security-module",
     "a security module refuses it; its log (sudo dmesg, sudo ausearch -m avc) names the rule",
     "allow it in the policy of the security module"},
    {namespace_cause::not_dumpable, "not-dumpable",
     "the process is not dumpable since it changed its ids, so its map files belong to root",
     "prctl(PR_SET_DUMPABLE, 1) before the namespace is made, or exec"},
    {namespace_cause::not_root, "not-root", "CAP_SYS_ADMIN in the initial user namespace is needed",
     "sudo"},
    {namespace_cause::no_new_privs, "no-new-privs",
     "no_new_privs takes away the privilege that newuidmap and newgidmap need",
     "run without no_new_privs"},
    {namespace_cause::newuidmap_missing, "newuidmap-missing",
     "newuidmap or newgidmap is not installed", "sudo apt-get install uidmap"},
    {namespace_cause::no_subordinate_ids, "no-subordinate-ids",
     "/etc/subuid or /etc/subgid holds no range for this user",
     "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $USER"},
    {namespace_cause::proc_masked, "proc-masked",
     "the proc that is visible here is partly covered, so the kernel mounts no fresh one",
     "docker run --security-opt systempaths=unconfined"},
    {namespace_cause::no_proc, "no-proc", "proc is not mounted at /proc",
     "mount -t proc proc /proc"},
    {namespace_cause::filesystem_missing, "filesystem-missing", "this kernel lacks the filesystem",
     "boot a kernel that has it"},
    {namespace_cause::process_limit, "process-limit",
     "the limit of processes is reached (RLIMIT_NPROC, or the pids cgroup)", "ulimit -u unlimited"},
    {namespace_cause::out_of_memory, "out-of-memory", "the kernel had no memory for it", ""},
    {namespace_cause::unknown, "unknown", "the kernel gives no reason that can be read here", ""},
}};

} // namespace detail

/// The texts of a cause.
[[nodiscard]] constexpr namespace_cause_text text_of(namespace_cause cause) noexcept {
    const auto& row = detail::namespace_cause_rows[static_cast<std::size_t>(cause)];
    return {.cause = row.cause, .name = row.name, .sentence = row.sentence, .fix = row.fix};
}
[[nodiscard]] constexpr std::string_view name(namespace_cause cause) noexcept {
    return text_of(cause).name;
}

/// The texts of all causes, in the order of the enumeration.
[[nodiscard]] constexpr auto namespace_cause_texts() noexcept {
    std::array<namespace_cause_text, detail::namespace_cause_rows.size()> texts{};
    for (std::size_t i = 0; i < texts.size(); ++i)
        texts[i] = text_of(static_cast<namespace_cause>(i));
    return texts;
}

} // namespace ovl
