// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/bounded_text.hpp>
#include <ovl/detail/kernel_calls.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/policy/filesystem_operations.hpp>

#include <concepts>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <span>
#include <string_view>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

namespace ovl {

namespace detail {

/// The operations of posix_fs, for `Descriptor` = int: a template, so that they are compiled where they are called,
/// and not wherever a probe is included.
template <std::same_as<int> Descriptor>
struct posix_operations {
    [[nodiscard]] result<unique_fd> open_directory(Descriptor at, const char* name) const {
        const int fd = detail::retry([&] { return ::openat(at, name, directory_flags); });
        return owned(fd, "openat");
    }

    [[nodiscard]] result<unique_fd> open_within(Descriptor at, const char* name) const {
        const detail::open_how how{.flags = directory_flags,
                                   .mode = 0,
                                   .resolve = detail::resolve_beneath | detail::resolve_no_xdev |
                                              detail::resolve_no_symlinks};
        const int fd = detail::retry([&] { return detail::openat2(at, name, how); });
        return owned(fd, "openat2");
    }

    [[nodiscard]] result<void> make_directory(Descriptor at, const char* name, mode_t mode) const {
        return done([&] { return ::mkdirat(at, name, mode); }, "mkdirat");
    }

    [[nodiscard]] result<void> make_node(Descriptor at, const char* name, mode_t mode) const {
        return done([&] { return ::mknodat(at, name, mode, 0); }, "mknodat");
    }

    [[nodiscard]] result<void> remove_file(Descriptor at, const char* name) const {
        return done([&] { return ::unlinkat(at, name, 0); }, "unlinkat");
    }

    [[nodiscard]] result<void> remove_directory(Descriptor at, const char* name) const {
        return done([&] { return ::unlinkat(at, name, AT_REMOVEDIR); }, "unlinkat");
    }

    [[nodiscard]] result<void> rename(Descriptor at, const char* from, const char* to,
                                      unsigned flags) const {
        return done(
            [&] { return static_cast<int>(::syscall(SYS_renameat2, at, from, at, to, flags)); },
            "renameat2");
    }

    [[nodiscard]] result<void> set_mode(Descriptor at, const char* name, mode_t mode) const {
        const auto set = [&] { return detail::fchmodat2(at, name, mode, AT_SYMLINK_NOFOLLOW); };
        if (detail::retry(set) == 0)
            return {};
        if (errno != ENOSYS)
            return fail_with_errno("fchmodat2");
        // Before Linux 6.6 the C library goes through an O_PATH descriptor instead.
        return done([&] { return ::fchmodat(at, name, mode, AT_SYMLINK_NOFOLLOW); }, "fchmodat");
    }

    [[nodiscard]] result<void> set_xattr(Descriptor at, const char* name, const char* attribute,
                                         std::string_view value) const {
        const long returned = on_xattr(
            at, name,
            [&](const char* path) {
                return ::lsetxattr(path, attribute, value.data(), value.size(), 0);
            },
            [&](int fd) { return ::fsetxattr(fd, attribute, value.data(), value.size(), 0); });
        return returned == 0 ? result<void>{} : fail_with_errno("lsetxattr");
    }

    [[nodiscard]] result<std::size_t> get_xattr(Descriptor at, const char* name,
                                                const char* attribute,
                                                std::span<char> buffer) const {
        const long length = on_xattr(
            at, name,
            [&](const char* path) {
                return ::lgetxattr(path, attribute, buffer.data(), buffer.size());
            },
            [&](int fd) { return ::fgetxattr(fd, attribute, buffer.data(), buffer.size()); });
        if (length < 0)
            return fail_with_errno("lgetxattr");
        return static_cast<std::size_t>(length);
    }

    [[nodiscard]] result<struct stat> status(Descriptor at, const char* name) const {
        struct stat found {};
        if (detail::retry([&] {
                return ::fstatat(at, name, &found, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
            }) != 0)
            return fail_with_errno("fstatat");
        return found;
    }

    [[nodiscard]] result<struct statfs> filesystem_status(Descriptor fd) const {
        struct statfs found {};
        if (detail::retry([&] { return ::fstatfs(fd, &found); }) != 0)
            return fail_with_errno("fstatfs");
        return found;
    }

    [[nodiscard]] result<void> write_file(Descriptor at, const char* name, mode_t mode,
                                          std::string_view content) const {
        const auto file = open_file(at, name, O_WRONLY | O_CREAT | O_EXCL, mode);
        if (!file.has_value())
            return fail(file.error());
        const int fd = file.value().get();
        const ssize_t written =
            detail::retry([&] { return ::write(fd, content.data(), content.size()); });
        if (written < 0)
            return fail_with_errno("write");
        // A short write is how a filesystem that has just filled up answers.
        if (static_cast<std::size_t>(written) != content.size())
            return fail({.call = "write", .error_number = ENOSPC});
        return {};
    }

    [[nodiscard]] result<std::size_t> read_file(Descriptor at, const char* name,
                                                std::span<char> buffer) const {
        const auto file = open_file(at, name, O_RDONLY);
        if (!file.has_value())
            return fail(file.error());
        const int fd = file.value().get();
        const ssize_t length =
            detail::retry([&] { return ::read(fd, buffer.data(), buffer.size()); });
        if (length < 0)
            return fail_with_errno("read");
        return static_cast<std::size_t>(length);
    }

    [[nodiscard]] result<unique_fd> make_unnamed(Descriptor at, mode_t mode) const {
        return open_file(at, ".", O_TMPFILE | O_RDWR, mode);
    }

    [[nodiscard]] result<void> clone_file(Descriptor at, const char* from, const char* to) const {
        const auto source = open_file(at, from, O_RDONLY);
        if (!source.has_value())
            return fail(source.error());
        const auto target = open_file(at, to, O_WRONLY);
        if (!target.has_value())
            return fail(target.error());
        return done([&] { return ::ioctl(target.value().get(), FICLONE, source.value().get()); },
                    "ioctl FICLONE");
    }

    [[nodiscard]] result<void> encode_handle(Descriptor at, const char* name) const {
        alignas(file_handle) unsigned char room[sizeof(file_handle) + MAX_HANDLE_SZ] = {};
        auto* const handle = reinterpret_cast<file_handle*>(room);
        handle->handle_bytes = MAX_HANDLE_SZ;
        int mount_id = 0;
        return done([&] { return ::name_to_handle_at(at, name, handle, &mount_id, 0); },
                    "name_to_handle_at");
    }

    [[nodiscard]] result<void> set_casefold(Descriptor at, const char* name) const {
        const auto opened = open_directory(at, name);
        if (!opened.has_value())
            return fail(opened.error());
        // The others are kept: ext4 would take a flag left out as a wish to clear it.
        int flags = 0;
        if (detail::retry([&] { return ::ioctl(opened.value().get(), FS_IOC_GETFLAGS, &flags); }) !=
            0)
            return fail_with_errno("ioctl FS_IOC_GETFLAGS");
        flags |= FS_CASEFOLD_FL;
        return done([&] { return ::ioctl(opened.value().get(), FS_IOC_SETFLAGS, &flags); },
                    "ioctl FS_IOC_SETFLAGS");
    }

    [[nodiscard]] result<void> enable_verity(Descriptor at, const char* name) const {
        const auto file = open_file(at, name, O_RDONLY);
        if (!file.has_value())
            return fail(file.error());
        fsverity_enable_arg how{};
        how.version = 1;
        how.hash_algorithm = FS_VERITY_HASH_ALG_SHA256;
        how.block_size = 4096;
        return done([&] { return ::ioctl(file.value().get(), FS_IOC_ENABLE_VERITY, &how); },
                    "ioctl FS_IOC_ENABLE_VERITY");
    }

    [[nodiscard]] result<void> lock(Descriptor fd) const {
        return done([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }, "flock");
    }

    [[nodiscard]] result<std::size_t> read_entries(Descriptor fd, std::span<char> buffer) const {
        const long length = detail::retry(
            [&] { return ::syscall(SYS_getdents64, fd, buffer.data(), buffer.size()); });
        if (length < 0)
            return fail_with_errno("getdents64");
        return static_cast<std::size_t>(length);
    }

  private:
    static constexpr int directory_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

    /// O_NONBLOCK, so that a fifo in a file's place cannot hold the caller up.
    [[nodiscard]] static result<unique_fd> open_file(Descriptor at, const char* name, int flags,
                                                     mode_t mode = 0) {
        const int all = flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
        return owned(detail::retry([&] { return ::openat(at, name, all, mode); }), "openat");
    }

    [[nodiscard]] static result<unique_fd> owned(Descriptor fd, std::string_view call) {
        if (fd < 0)
            return fail_with_errno(call);
        return unique_fd{fd};
    }

    template <class Call>
    [[nodiscard]] static result<void> done(Call call, std::string_view name) {
        if (detail::retry(call) != 0)
            return fail_with_errno(name);
        return {};
    }

    /// The attribute calls take no directory descriptor before Linux 6.13, so the file is named
    /// through /proc/self/fd; where /proc is not mounted (ENOENT) it is opened instead.
    template <class ByPath, class ByDescriptor>
    [[nodiscard]] static long on_xattr(Descriptor at, const char* name, ByPath by_path,
                                       ByDescriptor by_descriptor) noexcept {
        detail::bounded_text<320> path{"/proc/self/fd/"};
        path.append_number(static_cast<unsigned long>(at)).append('/').append(name);
        if (path.overflowed()) {
            errno = ENAMETOOLONG;
            return -1;
        }
        const long returned =
            detail::retry([&] { return static_cast<long>(by_path(path.c_str())); });
        if (returned >= 0 || errno != ENOENT)
            return returned;
        const auto file = open_file(at, name, O_RDONLY);
        return file.has_value()
                   ? detail::retry(
                         [&] { return static_cast<long>(by_descriptor(file.value().get())); })
                   : -1;
    }
};

} // namespace detail

/// The filesystem operations as the kernel offers them: one system call each, but for extended
/// attributes where /proc is not mounted.
struct posix_fs : detail::posix_operations<int> {};

} // namespace ovl
