// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <string>

namespace ovl_bench {

/// Mounts a fresh filesystem of a `type` on `directory`: tmpfs, or ext4, xfs or btrfs on a loop device, which need
/// root. It is seen by the calling process alone, and gone with it. Where `rootless`, the process ends up in a user
/// namespace of its own. Call it once, with one thread. Returns why there is none; empty where there is one.
[[nodiscard]] std::string mount_place(const std::string& type, const std::string& directory,
                                      bool rootless);

/// Data that waits to be written, with a process that goes on writing more.
class dirty_data {
  public:
    explicit dirty_data(const std::string& directory);
    ~dirty_data();
    dirty_data(const dirty_data&) = delete;
    dirty_data& operator=(const dirty_data&) = delete;

    /// Makes 1 GiB dirty, again where it has been written since, and lets the process write. Returns whether that
    /// could be done.
    [[nodiscard]] bool fill() const;
    /// Halts the process, and writes all that waits. Returns whether that could be done.
    [[nodiscard]] bool settle() const;

  private:
    int file_ = -1;
    int writer_ = -1;
};

} // namespace ovl_bench
