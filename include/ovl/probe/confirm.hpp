// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/filesystem_operations.hpp>
#include <ovl/probe/verdict.hpp>

#include <cerrno>
#include <sys/statvfs.h>
#include <utility>

namespace ovl::detail {

/// Whether a filesystem may have had no room for what one probe and the kernel make, some of which is gone again.
/// One that counts neither blocks nor entries is never full.
[[nodiscard]] inline bool is_full(const struct statfs& found) noexcept {
    constexpr unsigned wanted = 32;
    return (found.f_blocks != 0 && found.f_bfree < wanted) ||
           (found.f_files != 0 && found.f_ffree < wanted);
}

/// What has become of the directory open as `fd` since a run began, looked at once for all answers that were found
/// until then. Overlayfs hides that the place is gone, read-only by now, or full: it mounts read-only, or drops an
/// option, where it cannot prepare its workdir.
class place_afterwards {
  public:
    /// `before` is what the filesystem was like at first.
    template <filesystem_operations F>
    place_afterwards(const F& fs, int fd, const backing_filesystem& before) {
        const auto status = fs.status(fd, "");
        gone_ = status.has_value() && status.value().st_nlink == 0;
        const auto filesystem = fs.filesystem_status(fd);
        if (gone_ || !filesystem.has_value() || before.read_only)
            return;
        read_only_ = (static_cast<unsigned long>(filesystem.value().f_flags) & ST_RDONLY) != 0;
        full_ = is_full(filesystem.value());
    }

    /// The answer, or `unknown` where the place has made it worthless; a full filesystem never makes a `yes`.
    [[nodiscard]] verdict confirm(verdict found) const {
        if (found == answer::unknown)
            return found;
        const auto taken_back = [&](reason because, std::string_view call, int error_number) {
            return give(
                found.asked, answer::unknown, because,
                failure{.where = step::observe, .call = call, .error_number = error_number});
        };
        if (gone_)
            return taken_back(reason::place_changed, "fstatat", ENOENT);
        if (read_only_)
            return taken_back(reason::place_changed, "fstatfs", EROFS);
        if (found == answer::no && full_)
            return taken_back(reason::no_space, "fstatfs", ENOSPC);
        return found;
    }

  private:
    bool gone_ = false;
    bool read_only_ = false;
    bool full_ = false;
};

} // namespace ovl::detail
