// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/sandbox/level.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ovl::sandbox {

/// The environment variable by which a re-executed process knows that it is one.
inline constexpr const char* marker_variable = "OVL_SANDBOX_INSIDE";

/// What the marker holds. It is not believed by itself, since an environment is inherited: it
/// must name this very process, and the namespaces must be others than those it was made in.
struct marker {
    level active = level::userns;
    long process = 0;
    std::uint64_t outer_user_namespace = 0;
    std::uint64_t outer_mount_namespace = 0;

    [[nodiscard]] std::string text() const {
        std::ostringstream out;
        out << name(active) << ' ' << process << ' ' << outer_user_namespace << ' '
            << outer_mount_namespace;
        return out.str();
    }
    [[nodiscard]] static std::optional<marker> parse(const std::string& text) {
        std::istringstream in{text};
        std::string level_name;
        marker read;
        in >> level_name >> read.process >> read.outer_user_namespace >> read.outer_mount_namespace;
        const auto named = level_named(level_name);
        if (!in || !named)
            return std::nullopt;
        read.active = *named;
        return read;
    }
};

namespace detail {

[[nodiscard]] inline std::uint64_t inode_of(const char* path) noexcept {
    struct stat status {};
    return ::stat(path, &status) == 0 ? status.st_ino : 0;
}

/// The number the kernel knows this process by in its PID namespace, past any cache of the libc's.
[[nodiscard]] inline long own_pid() noexcept {
    return ::syscall(SYS_getpid);
}

/// Whether the marker is true of the calling process.
[[nodiscard]] inline bool holds_here(const marker& claimed) {
    const std::uint64_t user = inode_of("/proc/self/ns/user");
    const std::uint64_t mounts = inode_of("/proc/self/ns/mnt");
    const bool keeps_user_namespace =
        claimed.active == level::root || claimed.active == level::old_kernel;
    return claimed.process == own_pid() && mounts != 0 && mounts != claimed.outer_mount_namespace &&
           (keeps_user_namespace || user != claimed.outer_user_namespace);
}

} // namespace detail

/// The level at which this process was re-executed; none where it was not. Takes the marker out of
/// the environment, so that programs started from here do not inherit it: ask once, in main.
[[nodiscard]] inline std::optional<level> take_marker() {
    const char* const text = std::getenv(marker_variable);
    if (text == nullptr)
        return std::nullopt;
    const auto claimed = marker::parse(text);
    ::unsetenv(marker_variable);
    if (!claimed || !detail::holds_here(*claimed))
        return std::nullopt;
    return claimed->active;
}

} // namespace ovl::sandbox
