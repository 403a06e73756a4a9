// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstdint>

namespace ovl {

/// When reading updates the time of last access. Unset is the kernel's own default, relatime.
enum class atime_mode : std::uint8_t { relatime, noatime, strictatime };

/// What holds for the mount rather than for the filesystem: mount_setattr(2), MOUNT_ATTR_*.
struct mount_attributes {
    bool read_only = false;
    bool nosuid = false;
    bool nodev = false;
    bool noexec = false;
    bool nosymfollow = false;
    bool nodiratime = false;
    atime_mode atime = atime_mode::relatime;

    friend bool operator==(const mount_attributes&, const mount_attributes&) = default;
};

} // namespace ovl
