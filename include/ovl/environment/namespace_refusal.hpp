// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/errno_name.hpp>
#include <ovl/environment/namespace_cause.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ovl {

/// The stages of entering namespaces, in the order in which they are reached.
enum class namespace_stage : std::uint8_t {
    clone,
    unshare,
    setgroups,
    gid_map,
    uid_map,
    newgidmap,
    newuidmap,
    mount_namespace,
    private_mounts,
    tmpfs,
    pid_namespace,
    proc,
    capabilities,
    seccomp,
    exec,
};

/// The stable name of a stage: the kernel's spelling where the kernel has one.
[[nodiscard]] constexpr std::string_view name(namespace_stage stage) noexcept {
    constexpr std::array<std::string_view, 15> names{
        "clone",         "unshare",   "setgroups",       "gid_map",        "uid_map",
        "newgidmap",     "newuidmap", "mount-namespace", "private-mounts", "tmpfs",
        "pid-namespace", "proc",      "capabilities",    "seccomp",        "exec"};
    return names[static_cast<std::size_t>(stage)];
}

/// A stage that was refused, and why.
struct namespace_refusal {
    namespace_stage stage = namespace_stage::clone;
    int error_number = 0;
    namespace_cause cause = namespace_cause::unknown;
    /// The fact that the cause was told by: `kernel.unprivileged_userns_clone = 0`.
    std::string evidence;
    /// The command or step that mends it; empty where none is known.
    std::string fix;

    /// What happened, for people.
    [[nodiscard]] std::string_view sentence() const noexcept { return text_of(cause).sentence; }
    /// `stage=uid_map errno=EPERM cause=apparmor fix=...`; what is not there is left out.
    [[nodiscard]] std::string line() const {
        std::string text = "stage=" + std::string{name(stage)};
        if (error_number != 0)
            text += " errno=" + detail::errno_name(error_number);
        text += " cause=" + std::string{name(cause)};
        return fix.empty() ? text : text + " fix=" + fix;
    }
    friend bool operator==(const namespace_refusal&, const namespace_refusal&) = default;
};

} // namespace ovl
