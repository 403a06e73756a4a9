// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/asked_view.hpp>

namespace ovl {

/// What a probe sees that asks about the directory itself, and writes nothing to it.
template <policies P>
class place_view : public asked_view<P> {
  public:
    place_view(const P& set, int fd, capability asked,
               const backing_filesystem& filesystem) noexcept
        : asked_view<P>{set, asked, filesystem}, fd_{fd} {}

    /// The directory, open with O_PATH.
    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    int fd_;
};

} // namespace ovl
