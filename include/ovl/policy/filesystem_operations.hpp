// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>

#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <sys/stat.h>
#include <sys/statfs.h>

namespace ovl {

/// What the scratch tree and the probes do on a filesystem. Every operation is one act relative to
/// an open directory `at`, follows no symbolic link in the last component, retries EINTR, and
/// fails with the errno of the system call it names.
///
/// | expression                                 | result                  | system call; promise             |
/// |--------------------------------------------|-------------------------|----------------------------------|
/// | `f.open_directory(at, name)`               | `result<unique_fd>`     | openat; readable, close-on-exec  |
/// | `f.open_within(at, name)`                  | `result<unique_fd>`     | openat2; EXDEV at a mount point  |
/// | `f.make_directory(at, name, mode)`         | `result<void>`          | mkdirat                          |
/// | `f.make_node(at, name, mode)`              | `result<void>`          | mknodat; device number 0:0       |
/// | `f.write_file(at, name, mode, content)`    | `result<void>`          | openat, write; the file is new   |
/// | `f.read_file(at, name, buffer)`            | `result<size_t>`        | openat, read; what fits          |
/// | `f.make_unnamed(at, mode)`                 | `result<unique_fd>`     | openat with O_TMPFILE            |
/// | `f.remove_file(at, name)`                  | `result<void>`          | unlinkat                         |
/// | `f.remove_directory(at, name)`             | `result<void>`          | unlinkat with AT_REMOVEDIR       |
/// | `f.rename(at, from, to, flags)`            | `result<void>`          | renameat2                        |
/// | `f.set_mode(at, name, mode)`               | `result<void>`          | fchmodat2                        |
/// | `f.set_xattr(at, name, attribute, value)`  | `result<void>`          | lsetxattr                        |
/// | `f.get_xattr(at, name, attribute, buffer)` | `result<size_t>`        | lgetxattr; ERANGE if too small   |
/// | `f.clone_file(at, from, to)`               | `result<void>`          | ioctl FICLONE; both are there    |
/// | `f.encode_handle(at, name)`                | `result<void>`          | name_to_handle_at                |
/// | `f.set_casefold(at, name)`                 | `result<void>`          | ioctl FS_IOC_SETFLAGS; directory |
/// | `f.enable_verity(at, name)`                | `result<void>`          | ioctl FS_IOC_ENABLE_VERITY       |
/// | `f.status(at, name)`                       | `result<struct stat>`   | fstatat; an empty name is `at`   |
/// | `f.filesystem_status(fd)`                  | `result<struct statfs>` | fstatfs                          |
/// | `f.lock(fd)`                               | `result<void>`          | flock; exclusive, never waits    |
/// | `f.read_entries(fd, buffer)`               | `result<size_t>`        | getdents64; 0 at the end         |
template <class F>
concept filesystem_operations = requires(const F& f, int at, const char* name, mode_t mode,
                                         std::string_view value, std::span<char> buffer,
                                         unsigned flags) {
    { f.open_directory(at, name) } -> std::same_as<result<unique_fd>>;
    { f.open_within(at, name) } -> std::same_as<result<unique_fd>>;
    { f.make_directory(at, name, mode) } -> std::same_as<result<void>>;
    { f.make_node(at, name, mode) } -> std::same_as<result<void>>;
    { f.write_file(at, name, mode, value) } -> std::same_as<result<void>>;
    { f.read_file(at, name, buffer) } -> std::same_as<result<std::size_t>>;
    { f.make_unnamed(at, mode) } -> std::same_as<result<unique_fd>>;
    { f.clone_file(at, name, name) } -> std::same_as<result<void>>;
    { f.encode_handle(at, name) } -> std::same_as<result<void>>;
    { f.set_casefold(at, name) } -> std::same_as<result<void>>;
    { f.enable_verity(at, name) } -> std::same_as<result<void>>;
    { f.remove_file(at, name) } -> std::same_as<result<void>>;
    { f.remove_directory(at, name) } -> std::same_as<result<void>>;
    { f.rename(at, name, name, flags) } -> std::same_as<result<void>>;
    { f.set_mode(at, name, mode) } -> std::same_as<result<void>>;
    { f.set_xattr(at, name, name, value) } -> std::same_as<result<void>>;
    { f.get_xattr(at, name, name, buffer) } -> std::same_as<result<std::size_t>>;
    { f.status(at, name) } -> std::same_as<result<struct stat>>;
    { f.filesystem_status(at) } -> std::same_as<result<struct statfs>>;
    { f.lock(at) } -> std::same_as<result<void>>;
    { f.read_entries(at, buffer) } -> std::same_as<result<std::size_t>>;
};

} // namespace ovl
