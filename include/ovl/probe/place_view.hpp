// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/private_tmpfs.hpp>
#include <ovl/probe/asked_view.hpp>

namespace ovl {

/// What a probe sees that asks about the directory itself, and writes nothing to it.
template <policies P>
class place_view : public asked_view<P> {
  public:
    place_view(const P& set, int fd, private_tmpfs& apart, capability asked,
               const backing_filesystem& filesystem) noexcept
        : asked_view<P>{set, asked, filesystem}, fd_{fd}, apart_{apart} {}

    /// The directory, open with O_PATH.
    [[nodiscard]] int fd() const noexcept { return fd_; }
    /// A tmpfs that nobody else sees, in a mount namespace of its own.
    [[nodiscard]] private_tmpfs& apart() const noexcept { return apart_; }

  private:
    int fd_;
    private_tmpfs& apart_;
};

} // namespace ovl
