// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <sys/syscall.h>
#include <unistd.h>

namespace ovl::detail {

/// The head of struct statx of include/uapi/linux/stat.h, as far as it is used here.
struct statx_reply {
    std::uint32_t mask;
    std::uint32_t before[35];
    std::uint64_t mount_id;
    std::uint64_t after[13];
};
static_assert(sizeof(statx_reply) == 256);

inline constexpr unsigned statx_mount_id = 0x1000;
inline constexpr unsigned statx_unique_mount_id = 0x4000;

/// The id of the mount that a path below an open directory, or with an empty path that directory
/// itself, lies on: the number that mountinfo begins with (Linux 5.8), or with
/// statx_unique_mount_id the one that statmount(2) takes (6.8). None, with errno, where the kernel
/// does not tell.
[[nodiscard]] inline std::optional<std::uint64_t>
mount_id(int at, const char* path = "", unsigned which = statx_mount_id, int flags = 0) noexcept {
    statx_reply reply{};
    if (::syscall(SYS_statx, at, path, AT_EMPTY_PATH | flags, which, &reply) != 0 ||
        (reply.mask & which) == 0)
        return std::nullopt;
    return reply.mount_id;
}

} // namespace ovl::detail
