// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/namespace_facts.hpp>
#include <ovl/environment/namespace_refusal.hpp>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace ovl {

namespace detail {

struct told_cause {
    namespace_cause cause = namespace_cause::unknown;
    std::string evidence;
};

[[nodiscard]] inline std::string sysctl_evidence(std::string_view key, std::optional<long> value) {
    return value ? std::string{key} + " = " + std::to_string(*value) : std::string{};
}

[[nodiscard]] inline bool labelled(const namespace_facts& facts) {
    return !facts.security_label.empty() && facts.security_label != "unconfined";
}

[[nodiscard]] inline bool asks_helper(namespace_stage stage) {
    return stage == namespace_stage::newgidmap || stage == namespace_stage::newuidmap;
}

/// ENOSPC, and EUSERS on kernels before 4.9.
[[nodiscard]] inline told_cause cause_of_limit(namespace_stage stage,
                                               const namespace_facts& facts) {
    constexpr unsigned deepest = 33;
    if (stage == namespace_stage::mount_namespace)
        return {namespace_cause::max_mnt_namespaces,
                sysctl_evidence("user.max_mnt_namespaces", facts.max_mnt_namespaces)};
    if (stage == namespace_stage::pid_namespace)
        return {namespace_cause::max_pid_namespaces,
                sysctl_evidence("user.max_pid_namespaces", facts.max_pid_namespaces)};
    if (facts.nesting && *facts.nesting >= deepest)
        return {namespace_cause::nesting,
                std::to_string(*facts.nesting) + " user namespaces above this one"};
    std::string limit = sysctl_evidence("user.max_user_namespaces", facts.max_user_namespaces);
    if (facts.max_user_namespaces == 0 || facts.nesting == 0u)
        return {namespace_cause::max_user_namespaces, std::move(limit)};
    return {namespace_cause::enclosing_limit, limit + " in this user namespace"};
}

[[nodiscard]] inline told_cause cause_of_apparmor(const namespace_facts& facts) {
    return {namespace_cause::apparmor,
            sysctl_evidence("kernel.apparmor_restrict_unprivileged_userns",
                            facts.apparmor_restrict_unprivileged_userns)};
}

/// EPERM and EACCES where the user namespace itself was to be made.
[[nodiscard]] inline told_cause cause_of_refused_creation(int error_number,
                                                          const namespace_facts& facts) {
    if (facts.unprivileged_userns_clone == 0 && !facts.privileged)
        return {namespace_cause::unprivileged_userns_clone,
                sysctl_evidence("kernel.unprivileged_userns_clone", 0)};
    if (facts.chrooted)
        return {namespace_cause::chroot, "the root directory is not the mount namespace's"};
    if (!facts.ids_mapped)
        return {namespace_cause::unmapped_id, "/proc/self/uid_map, /proc/self/gid_map"};
    if (facts.apparmor_restrict_unprivileged_userns.value_or(0) != 0 && !facts.privileged)
        return cause_of_apparmor(facts);
    if (facts.seccomp == 2)
        return {namespace_cause::seccomp, "Seccomp: 2 in /proc/self/status"};
    if (error_number == EACCES || labelled(facts))
        return {namespace_cause::security_module, facts.security_label};
    return {};
}

/// EPERM and EACCES after the user namespace was made.
[[nodiscard]] inline told_cause cause_of_refused_use(namespace_stage stage, int error_number,
                                                     const namespace_facts& facts) {
    const bool writes_map =
        stage >= namespace_stage::setgroups && stage <= namespace_stage::uid_map;
    if (asks_helper(stage) && facts.no_new_privs)
        return {namespace_cause::no_new_privs, "NoNewPrivs: 1 in /proc/self/status"};
    if (asks_helper(stage))
        return {};
    if (writes_map && error_number == EACCES && !facts.dumpable)
        return {namespace_cause::not_dumpable, "PR_GET_DUMPABLE"};
    if (facts.apparmor_restrict_unprivileged_userns.value_or(0) != 0 && !facts.privileged)
        return cause_of_apparmor(facts);
    if (stage == namespace_stage::proc && error_number == EPERM)
        return {namespace_cause::proc_masked, "/proc/self/mountinfo"};
    if (labelled(facts) && (error_number == EACCES || facts.seccomp != 2))
        return {namespace_cause::security_module, facts.security_label};
    if (facts.seccomp == 2)
        return {namespace_cause::seccomp, "Seccomp: 2 in /proc/self/status"};
    return {};
}

/// EINVAL, ENOENT and ENOSYS.
[[nodiscard]] inline told_cause cause_of_absence(namespace_stage stage, int error_number,
                                                 const namespace_facts& facts) {
    if (error_number == EINVAL && stage == namespace_stage::unshare && facts.threads > 1)
        return {namespace_cause::threads,
                "Threads: " + std::to_string(facts.threads) + " in /proc/self/status"};
    if (error_number == ENOENT && asks_helper(stage))
        return {namespace_cause::newuidmap_missing, std::string{name(stage)}};
    if (error_number == ENOENT && !facts.proc_mounted)
        return {namespace_cause::no_proc, "/proc/self"};
    if (error_number == ENOSYS && facts.seccomp == 2)
        return {namespace_cause::seccomp, "Seccomp: 2 in /proc/self/status"};
    if (stage <= namespace_stage::unshare && facts.proc_mounted && !facts.user_namespaces)
        return {namespace_cause::no_user_namespaces, "no /proc/self/ns/user"};
    return {};
}

[[nodiscard]] inline told_cause cause_of(namespace_stage stage, int error_number,
                                         const namespace_facts& facts) {
    switch (error_number) {
    case ENOSPC:
    case EUSERS:
        return cause_of_limit(stage, facts);
    case EAGAIN:
        return {namespace_cause::process_limit, {}};
    case ENOMEM:
        return {namespace_cause::out_of_memory, {}};
    case ENODEV:
        return {namespace_cause::filesystem_missing, std::string{name(stage)}};
    case EPERM:
    case EACCES:
        return stage <= namespace_stage::unshare ? cause_of_refused_creation(error_number, facts)
                                                 : cause_of_refused_use(stage, error_number, facts);
    default:
        return cause_of_absence(stage, error_number, facts);
    }
}

} // namespace detail

/// Why `stage` was refused with `error_number` in a process with these facts. Pure: it reads
/// nothing, and the same facts give the same answer.
[[nodiscard]] inline namespace_refusal classify(namespace_stage stage, int error_number,
                                                const namespace_facts& facts) {
    detail::told_cause told = detail::cause_of(stage, error_number, facts);
    return {.stage = stage,
            .error_number = error_number,
            .cause = told.cause,
            .evidence = std::move(told.evidence),
            .fix = std::string{text_of(told.cause).fix}};
}

} // namespace ovl
