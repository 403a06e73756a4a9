// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/mount_options.hpp>
#include <ovl/policy/policy_set.hpp>
#include <ovl/probe/verdict.hpp>

#include <utility>

namespace ovl {

/// What a probe sees that asks about the directory itself, and writes nothing to it.
template <policies P>
class place_view {
  public:
    place_view(const P& set, int fd, capability asked,
               const backing_filesystem& filesystem) noexcept
        : set_{set}, fd_{fd}, asked_{asked}, filesystem_{filesystem} {}

    /// The directory, open with O_PATH.
    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] const P& set() const noexcept { return set_; }
    [[nodiscard]] const backing_filesystem& filesystem() const noexcept { return filesystem_; }

    [[nodiscard]] verdict yes(reason because, std::optional<failure> evidence = {}) const {
        return give(asked_, answer::yes, because, std::move(evidence));
    }
    [[nodiscard]] verdict no(reason because, std::optional<failure> evidence = {}) const {
        return give(asked_, answer::no, because, std::move(evidence));
    }
    [[nodiscard]] verdict could_not(failure what) const {
        return ovl::could_not(asked_, std::move(what), filesystem_);
    }

  private:
    const P& set_;
    int fd_;
    capability asked_;
    const backing_filesystem& filesystem_;
};

} // namespace ovl
