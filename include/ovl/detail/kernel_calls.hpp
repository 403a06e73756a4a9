// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/// The system calls that an older libc has no wrapper for, and the constants it lacks. The numbers
/// are the same on every architecture but alpha for calls added since Linux 5.1.
namespace ovl::detail {

inline constexpr long sys_open_tree = 428;
inline constexpr long sys_move_mount = 429;
inline constexpr long sys_fsopen = 430;
inline constexpr long sys_fsconfig = 431;
inline constexpr long sys_fsmount = 432;
inline constexpr long sys_openat2 = 437;
inline constexpr long sys_fchmodat2 = 452;
inline constexpr long sys_mount_setattr = 442;
inline constexpr long sys_statmount = 457;

inline constexpr unsigned fsopen_cloexec = 1;
inline constexpr unsigned fsmount_cloexec = 1;
inline constexpr unsigned move_mount_from_empty_path = 4;
inline constexpr unsigned move_mount_to_empty_path = 0x40;
inline constexpr unsigned open_tree_clone = 1;
inline constexpr unsigned open_tree_cloexec = O_CLOEXEC;
inline constexpr unsigned at_empty_path = 0x1000;
inline constexpr unsigned at_recursive = 0x8000;

/// MOUNT_ATTR_* of include/uapi/linux/mount.h.
inline constexpr unsigned mount_attribute_read_only = 0x1;
inline constexpr unsigned mount_attribute_nosuid = 0x2;
inline constexpr unsigned mount_attribute_nodev = 0x4;
inline constexpr unsigned mount_attribute_noexec = 0x8;
inline constexpr unsigned mount_attribute_noatime = 0x10;
inline constexpr unsigned mount_attribute_strictatime = 0x20;
inline constexpr unsigned mount_attribute_atime_mask = 0x70;
inline constexpr unsigned mount_attribute_nodiratime = 0x80;
inline constexpr unsigned mount_attribute_nosymfollow = 0x200000;
inline constexpr std::uint64_t mount_attr_idmap = 0x00100000;

/// enum fsconfig_command of include/uapi/linux/mount.h.
enum class fsconfig_command : unsigned {
    set_flag = 0,
    set_string = 1,
    set_binary = 2,
    set_path = 3,
    set_path_empty = 4,
    set_fd = 5,
    create = 6,
};

/// fsconfig(2) copies keys and values of at most this many bytes; a longer one is EINVAL.
inline constexpr std::size_t fsconfig_limit = 255;
/// mount(2) copies at most a page of data and drops the rest without a word.
inline constexpr std::size_t mount_data_limit = 4095;

inline int fsopen(const char* filesystem, unsigned flags) noexcept {
    return static_cast<int>(::syscall(sys_fsopen, filesystem, flags));
}
inline int fsconfig(int context, fsconfig_command command, const char* key, const void* value,
                    int aux) noexcept {
    return static_cast<int>(
        ::syscall(sys_fsconfig, context, static_cast<unsigned>(command), key, value, aux));
}
inline int fsmount(int context, unsigned flags, unsigned attributes) noexcept {
    return static_cast<int>(::syscall(sys_fsmount, context, flags, attributes));
}

inline int open_tree(int at, const char* path, unsigned flags) noexcept {
    return static_cast<int>(::syscall(sys_open_tree, at, path, flags));
}
inline int move_mount(int from, const char* from_path, int to, const char* to_path,
                      unsigned flags) noexcept {
    return static_cast<int>(::syscall(sys_move_mount, from, from_path, to, to_path, flags));
}

/// struct mount_attr of include/uapi/linux/mount.h.
struct mount_attr {
    std::uint64_t attr_set;
    std::uint64_t attr_clr;
    std::uint64_t propagation;
    std::uint64_t userns_fd;
};

inline int mount_setattr(int at, const char* path, unsigned flags,
                         const mount_attr& attributes) noexcept {
    return static_cast<int>(
        ::syscall(sys_mount_setattr, at, path, flags, &attributes, sizeof attributes));
}

/// struct mnt_id_req and the beginning of struct statmount of include/uapi/linux/mount.h.
struct mnt_id_request {
    std::uint32_t size;
    std::uint32_t spare;
    std::uint64_t mnt_id;
    std::uint64_t param;
};
struct statmount_head {
    std::uint32_t size;
    std::uint32_t mnt_opts;
    std::uint64_t mask;
};
inline constexpr std::uint64_t statmount_fs_type = 0x20;
inline constexpr std::uint64_t statmount_mnt_opts = 0x80;
inline constexpr std::uint64_t statmount_opt_array = 0x400;
/// Where in struct statmount opt_num and opt_array lie, and where the strings begin.
inline constexpr std::size_t statmount_opt_num_at = 128;
inline constexpr std::size_t statmount_opt_array_at = 132;
inline constexpr std::size_t statmount_strings_at = 512;

inline int statmount(const mnt_id_request& request, void* buffer, std::size_t size) noexcept {
    return static_cast<int>(::syscall(sys_statmount, &request, buffer, size, 0));
}

inline int fchmodat2(int at, const char* path, mode_t mode, int flags) noexcept {
    return static_cast<int>(::syscall(sys_fchmodat2, at, path, mode, flags));
}

/// struct open_how of include/uapi/linux/openat2.h.
struct open_how {
    std::uint64_t flags;
    std::uint64_t mode;
    std::uint64_t resolve;
};
inline constexpr std::uint64_t resolve_no_xdev = 0x01;
inline constexpr std::uint64_t resolve_no_symlinks = 0x04;
inline constexpr std::uint64_t resolve_beneath = 0x08;

inline int openat2(int at, const char* path, const open_how& how) noexcept {
    return static_cast<int>(::syscall(sys_openat2, at, path, &how, sizeof how));
}

} // namespace ovl::detail
