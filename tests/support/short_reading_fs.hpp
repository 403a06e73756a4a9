// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/faulty_fs.hpp"

#include <ovl/policy/posix_fs.hpp>

#include <algorithm>
#include <cerrno>

namespace ovl_test {

/// The real filesystem, whose directory listings come as short as a kernel may give them: as many
/// entries at a time as the smallest buffer takes that takes any. With no fault they are whole.
struct short_reading_fs : ovl::posix_fs {
    const fault* asked = nullptr;

    short_reading_fs() = default;
    short_reading_fs(const fault* short_where_asked) noexcept : asked{short_where_asked} {}

    [[nodiscard]] ovl::result<std::size_t> read_entries(int fd, std::span<char> buffer) const {
        if (asked == nullptr || !asked->short_reads)
            return ovl::posix_fs::read_entries(fd, buffer);
        for (std::size_t size = 24;; size += 8) {
            auto read = ovl::posix_fs::read_entries(fd, buffer.first(std::min(size, buffer.size())));
            if (read.has_value() || read.error().error_number != EINVAL || size >= buffer.size())
                return read;
        }
    }
};

static_assert(ovl::filesystem_operations<short_reading_fs>);

} // namespace ovl_test
