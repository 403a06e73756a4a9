// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cerrno>
#include <unistd.h>
#include <utility>

namespace ovl {

/// Owns one file descriptor; closing it leaves errno as it was.
class unique_fd {
  public:
    unique_fd() noexcept = default;
    explicit unique_fd(int fd) noexcept : fd_{fd} {}
    unique_fd(unique_fd&& other) noexcept : fd_{other.release()} {}
    unique_fd& operator=(unique_fd&& other) noexcept {
        if (this != &other)
            reset(other.release());
        return *this;
    }
    unique_fd(const unique_fd&) = delete;
    unique_fd& operator=(const unique_fd&) = delete;
    ~unique_fd() { reset(); }

    /// The descriptor, or -1 where none is held; still owned here.
    [[nodiscard]] int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

    /// Gives the descriptor up without closing it.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

    /// Closes what is held and takes `fd` instead. close(2) is never repeated on EINTR: on Linux
    /// the number is free by then and may already be somebody else's.
    void reset(int fd = -1) noexcept {
        const int saved_errno = errno;
        if (fd_ >= 0)
            ::close(fd_);
        fd_ = fd;
        errno = saved_errno;
    }

  private:
    int fd_ = -1;
};

} // namespace ovl
