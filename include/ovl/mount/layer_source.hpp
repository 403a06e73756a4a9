// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/mount_backend.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace ovl {

/// A layer's directory as options hold it: a path of its own, or a descriptor that stays the
/// caller's and must be open when the overlay is mounted.
class layer_source {
  public:
    layer_source(std::string path) noexcept : path_{std::move(path)} {}
    layer_source(std::string_view path) : path_{path} {}
    layer_source(const char* path) : path_{path} {}
    /// The directory open as `descriptor` (O_PATH will do), or `path` below it.
    [[nodiscard]] static layer_source of(int descriptor, std::string path = {}) noexcept {
        layer_source made{std::move(path)};
        made.at_ = descriptor;
        return made;
    }

    [[nodiscard]] layer view() const noexcept { return {.at = at_, .path = path_}; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] int descriptor() const noexcept { return at_; }
    [[nodiscard]] bool by_path() const noexcept { return at_ == AT_FDCWD; }

    friend bool operator==(const layer_source&, const layer_source&) = default;

  private:
    int at_ = AT_FDCWD;
    std::string path_;
};

} // namespace ovl
