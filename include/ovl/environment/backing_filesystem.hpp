// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/policy/filesystem_operations.hpp>

#include <array>
#include <cstdint>
#include <string_view>
#include <sys/statfs.h>
#include <sys/statvfs.h>

namespace ovl {

/// What is known of a filesystem type before anything is mounted on it.
enum class filesystem_class : std::uint8_t {
    /// Nothing against probing it.
    ordinary,
    /// Network, FUSE and other filesystems with rules of their own: probed.
    remote_or_special,
    /// Overlay probes have panicked kernels on it: not probed unless forced.
    dangerous,
};

struct filesystem_type {
    std::uint32_t magic;
    std::string_view name;
    filesystem_class kind = filesystem_class::ordinary;
};

/// Filesystem types by the magic number that statfs(2) gives: include/uapi/linux/magic.h, and for
/// those outside the kernel tree the projects' own sources.
inline constexpr std::array filesystem_types{
    filesystem_type{0xEF53, "ext4"},
    filesystem_type{0x58465342, "xfs"},
    filesystem_type{0x9123683E, "btrfs"},
    filesystem_type{0x01021994, "tmpfs"},
    filesystem_type{0x858458F6, "ramfs"},
    filesystem_type{0xF2F52010, "f2fs"},
    filesystem_type{0xCA451A4E, "bcachefs"},
    filesystem_type{0xE0F5E1E2, "erofs"},
    filesystem_type{0x73717368, "squashfs"},
    filesystem_type{0x9660, "iso9660"},
    filesystem_type{0x4D44, "vfat"},
    filesystem_type{0x2011BAB0, "exfat"},
    filesystem_type{0x5346544E, "ntfs"},
    filesystem_type{0x7366746E, "ntfs3"},
    filesystem_type{0x3153464A, "jfs"},
    filesystem_type{0x52654973, "reiserfs"},
    filesystem_type{0x3434, "nilfs2"},
    filesystem_type{0x24051905, "ubifs"},
    filesystem_type{0x9FA0, "proc"},
    filesystem_type{0x62656572, "sysfs"},
    filesystem_type{0x27E0EB, "cgroup"},
    filesystem_type{0x63677270, "cgroup2"},
    filesystem_type{0x794C7630, "overlay"},
    filesystem_type{0x61756673, "aufs"},
    filesystem_type{0xF15F, "ecryptfs"},
    filesystem_type{0x00C0FFEE, "hostfs"},
    filesystem_type{0x6969, "nfs", filesystem_class::remote_or_special},
    filesystem_type{0xFF534D42, "cifs", filesystem_class::remote_or_special},
    filesystem_type{0xFE534D42, "smb2", filesystem_class::remote_or_special},
    filesystem_type{0x65735546, "fuse", filesystem_class::remote_or_special},
    filesystem_type{0x01021997, "9p", filesystem_class::remote_or_special},
    filesystem_type{0x00C36400, "ceph", filesystem_class::remote_or_special},
    filesystem_type{0x0BD00BD0, "lustre", filesystem_class::remote_or_special},
    filesystem_type{0x2FC12FC1, "zfs", filesystem_class::remote_or_special},
    filesystem_type{0x5346414F, "afs", filesystem_class::remote_or_special},
    filesystem_type{0x01161970, "gfs2", filesystem_class::remote_or_special},
    filesystem_type{0x7461636F, "ocfs2", filesystem_class::remote_or_special},
    filesystem_type{0x786F4256, "vboxsf", filesystem_class::remote_or_special},
    filesystem_type{0xBACBACBC, "vmhgfs", filesystem_class::remote_or_special},
    filesystem_type{0xAAD7AAEA, "panfs", filesystem_class::remote_or_special},
    filesystem_type{0x47504653, "gpfs", filesystem_class::dangerous},
    filesystem_type{0x49424D47, "dpc", filesystem_class::dangerous},
};

/// The filesystem under a directory.
struct backing_filesystem {
    std::uint32_t magic = 0;
    /// `ext4` stands for ext2, ext3 and ext4, which share a magic number; `unknown` where it has no
    /// name here.
    std::string_view type = "unknown";
    filesystem_class kind = filesystem_class::ordinary;
    bool read_only = false;

    [[nodiscard]] bool is_overlay() const noexcept { return type == "overlay"; }
};

/// Names what statfs(2) has answered.
[[nodiscard]] constexpr backing_filesystem identify(std::uint32_t magic, bool read_only) noexcept {
    for (const filesystem_type& known : filesystem_types)
        if (known.magic == magic)
            return {.magic = magic, .type = known.name, .kind = known.kind, .read_only = read_only};
    return {.magic = magic, .read_only = read_only};
}

/// The filesystem under the directory open as `fd`. Needs no privilege and mounts nothing; it can
/// block for as long as a dead network filesystem does. Fails with the errno of fstatfs(2).
template <filesystem_operations F>
[[nodiscard]] result<backing_filesystem> read_backing_filesystem(const F& fs, int fd) {
    const auto status = fs.filesystem_status(fd);
    if (!status.has_value())
        return fail(failure{status.error()}.at(step::read_facts));
    return identify(static_cast<std::uint32_t>(status.value().f_type),
                    (status.value().f_flags & ST_RDONLY) != 0);
}

} // namespace ovl
