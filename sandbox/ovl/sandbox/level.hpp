// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ovl::sandbox {

/// The ways to run a process in namespaces of its own. Each has a private mount namespace and a
/// private tmpfs.
enum class level : std::uint8_t {
    /// True root, in a private mount namespace: for root in the initial user namespace.
    root,
    /// A user namespace with the caller as root: for everybody.
    userns,
    /// A user namespace with the caller as itself, full capabilities being ambient.
    userns_self,
    /// A user namespace with a range of ids: through newuidmap and newgidmap with the ranges of
    /// /etc/subuid and /etc/subgid, or written directly by root.
    userns_range,
    /// A user namespace within a user namespace.
    nested,
    /// As userns, with a PID namespace and a proc of its own: whatever is left in it dies with it.
    pid,
    /// `root` where that is to be had, else `userns`, on a kernel without the system calls for
    /// mounting that came after mount(2): see `deny_new_mount_calls`.
    old_kernel,
};

inline constexpr std::array<std::string_view, 7> level_names{
    "root", "userns", "userns-self", "userns-range", "nested", "pid", "old-kernel"};

/// The stable name of a level, as it stands in OVL_SANDBOX_LEVEL.
[[nodiscard]] constexpr std::string_view name(level which) noexcept {
    return level_names[static_cast<std::size_t>(which)];
}

/// The level of that name; none where there is none.
[[nodiscard]] constexpr std::optional<level> level_named(std::string_view wanted) noexcept {
    for (std::size_t i = 0; i != level_names.size(); ++i)
        if (level_names[i] == wanted)
            return static_cast<level>(i);
    return std::nullopt;
}

} // namespace ovl::sandbox
