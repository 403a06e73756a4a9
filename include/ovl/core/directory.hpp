// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/retry.hpp>

#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>

namespace ovl {

/// The directory that a question is about, by path or by descriptor. Refers to what it is made
/// from, as std::string_view does: it is meant to be an argument, not to be kept.
class directory {
  public:
    /// By a path, resolved once, when it is opened. A symbolic link is followed.
    directory(const char* path) noexcept : path_{path}, length_{std::strlen(path)} {}
    directory(const std::string& path) noexcept : path_{path.c_str()}, length_{path.size()} {}
    /// By an open descriptor (O_PATH will do), which stays the caller's.
    [[nodiscard]] static directory of(int descriptor) noexcept { return directory{descriptor}; }

    /// Opens it with O_PATH, so that search permission is enough and an automount is triggered.
    /// Fails with the errno of openat(2); EINVAL where a path holds a NUL byte.
    [[nodiscard]] result<unique_fd> open() const {
        if (path_ != nullptr && std::strlen(path_) != length_)
            return failed(EINVAL);
        const char* const name = path_ != nullptr ? path_ : ".";
        const int fd = detail::retry(
            [&] { return ::openat(descriptor_, name, O_PATH | O_DIRECTORY | O_CLOEXEC); });
        if (fd < 0)
            return failed(errno);
        return unique_fd{fd};
    }

    /// Opens it again from a mount namespace entered since: a descriptor still points into the old
    /// one, so its path is looked up in the new one, and must lead to the same inode (else ESTALE).
    [[nodiscard]] result<unique_fd> reopen() const {
        if (path_ != nullptr)
            return open();
        struct stat before {};
        if (::fstat(descriptor_, &before) != 0)
            return failed(errno, "fstat");
        char path[4096];
        const std::string link = "/proc/self/fd/" + std::to_string(descriptor_);
        const ssize_t length = ::readlink(link.c_str(), path, sizeof path - 1);
        if (length < 0)
            return failed(errno, "readlink");
        path[length] = '\0';
        auto reopened = open_again(path, before);
        if (reopened.has_value())
            return reopened;
        // What is mounted over the root directory itself is reached by no other way than through `/..`.
        auto above = open_again((std::string{"/.."}.append(path)).c_str(), before);
        return above.has_value() ? std::move(above) : std::move(reopened);
    }

    /// The path, or `descriptor 7`: for messages.
    [[nodiscard]] std::string name() const {
        return path_ != nullptr ? std::string{path_, length_}
                                : "descriptor " + std::to_string(descriptor_);
    }

  private:
    /// What a path leads to, if that is the inode that `before` tells of.
    [[nodiscard]] result<unique_fd> open_again(const char* path, const struct stat& before) const {
        auto opened = directory{path}.open();
        struct stat after {};
        if (!opened.has_value())
            return opened;
        if (::fstat(opened.value().get(), &after) != 0)
            return failed(errno, "fstat");
        if (before.st_dev != after.st_dev || before.st_ino != after.st_ino)
            return failed(ESTALE);
        return opened;
    }

    explicit directory(int descriptor) noexcept : descriptor_{descriptor} {}

    [[nodiscard]] tl::unexpected<failure> failed(int error_number,
                                                 std::string_view call = "openat") const {
        return fail({.where = step::open_directory,
                     .call = call,
                     .error_number = error_number,
                     .subject = name()});
    }

    int descriptor_ = AT_FDCWD;
    const char* path_ = nullptr;
    std::size_t length_ = 0;
};

} // namespace ovl
