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

/// Takes back an answer about the directory open as `fd` that the place itself has made worthless meanwhile:
/// it has been removed, or is read-only by now, or full. Overlayfs hides all of these, as it mounts read-only, or
/// drops an option, where it cannot prepare its workdir; a full filesystem never makes a `yes`. `before` is what the
/// filesystem was like at first.
template <filesystem_operations F>
[[nodiscard]] verdict confirmed(verdict found, const F& fs, int fd,
                                const backing_filesystem& before) {
    if (found == answer::unknown)
        return found;
    const auto taken_back = [&](reason because, std::string_view call, int error_number) {
        return give(found.asked, answer::unknown, because,
                    failure{.where = step::observe, .call = call, .error_number = error_number});
    };
    const auto status = fs.status(fd, "");
    if (status.has_value() && status.value().st_nlink == 0)
        return taken_back(reason::place_changed, "fstatat", ENOENT);
    const auto filesystem = fs.filesystem_status(fd);
    if (!filesystem.has_value())
        return found;
    if (before.read_only)
        return found;
    if ((static_cast<unsigned long>(filesystem.value().f_flags) & ST_RDONLY) != 0)
        return taken_back(reason::place_changed, "fstatfs", EROFS);
    if (found == answer::no && is_full(filesystem.value()))
        return taken_back(reason::no_space, "fstatfs", ENOSPC);
    return found;
}

} // namespace ovl::detail
