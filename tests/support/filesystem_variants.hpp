// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/print.hpp"
#include "support/temporary_directory.hpp"

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <dirent.h>
#include <span>

/// The real filesystem of TMPDIR, less something that others lack.
namespace ovl_test {

/// Lists no types, as ext4 without filetype does, and says that it is of a kind.
struct untyped_fs : ovl::posix_fs {
    std::uint32_t magic = 0;

    [[nodiscard]] ovl::result<std::size_t> read_entries(int fd, std::span<char> buffer) const {
        auto length = ovl::posix_fs::read_entries(fd, buffer);
        for (std::size_t at = 0; length.has_value() && at < length.value();) {
            std::uint16_t record = 0;
            std::memcpy(&record, buffer.data() + at + ovl::detail::entry_length_at, sizeof record);
            buffer[at + ovl::detail::entry_type_at] = DT_UNKNOWN;
            at += record;
        }
        return length;
    }
    [[nodiscard]] ovl::result<struct statfs> filesystem_status(int fd) const {
        auto found = ovl::posix_fs::filesystem_status(fd);
        if (found.has_value() && magic != 0)
            found.value().f_type = magic;
        return found;
    }
};

/// Knows rename, but none of its flags.
struct flagless_fs : ovl::posix_fs {
    [[nodiscard]] ovl::result<void> rename(int at, const char* from, const char* to,
                                           unsigned flags) const {
        if (flags != 0)
            return ovl::fail({.call = "renameat2", .error_number = EINVAL});
        return ovl::posix_fs::rename(at, from, to, 0);
    }
};

/// Takes the flags of rename, and does nothing.
struct idle_rename_fs : ovl::posix_fs {
    [[nodiscard]] ovl::result<void> rename(int, const char*, const char*, unsigned) const {
        return {};
    }
};

template <ovl::filesystem_operations F>
using user_on = ovl::policy_set<ovl::user_xattr, ovl::best_mount, F>;

/// Asks one probe about a fresh directory, and has nothing left in it.
template <class Q, ovl::filesystem_operations F = ovl::posix_fs>
[[nodiscard]] ovl::verdict ask_here(const F& fs = {}) {
    const temporary_directory here;
    const user_on<F> set{.mount = {}, .fs = fs};
    ovl::verdict found = ovl::run<user_on<F>, Q>(here.path(), {}, set).front();
    BOOST_TEST(entries_of(here.path()).empty());
    return found;
}

inline void check_verdict(const ovl::verdict& found, ovl::answer is, ovl::reason because) {
    BOOST_TEST_CONTEXT(found.why()) {
        BOOST_TEST(found.is == is);
        BOOST_TEST(found.because == because);
    }
}

} // namespace ovl_test
