// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/filesystem_operations.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <dirent.h>
#include <span>
#include <string_view>
#include <utility>

namespace ovl {

/// How deep a tree is removed; what lies deeper stays. Each level holds one descriptor.
inline constexpr int deepest_removed = 256;

namespace detail {

/// The layout of getdents64(2): inode, offset, record length, type, name.
inline constexpr std::size_t entry_length_at = 16;
inline constexpr std::size_t entry_type_at = 18;
inline constexpr std::size_t entry_name_at = 19;

/// Opens a directory that may have mode 000, as an overlay's work/work has: such a one is given
/// permissions first.
template <filesystem_operations F>
[[nodiscard]] result<unique_fd> open_to_remove(const F& fs, int at, const char* name) {
    auto opened = fs.open_within(at, name);
    const bool locked_out = !opened.has_value() && opened.error().error_number == EACCES;
    return locked_out && fs.set_mode(at, name, 0700).has_value() ? fs.open_within(at, name)
                                                                 : std::move(opened);
}

} // namespace detail

/// Calls `visit(name, type)` for each entry of the open directory `fd` but `.` and `..`; `type` is
/// a DT_ constant. `visit` may remove what it is shown. Memory does not grow with the directory.
/// Fails with the errno of getdents64(2).
template <filesystem_operations F, class Visit>
[[nodiscard]] result<void> for_each_entry(const F& fs, int fd, Visit visit) {
    alignas(std::uint64_t) char buffer[2048];
    for (;;) {
        const auto length = fs.read_entries(fd, buffer);
        if (!length.has_value())
            return fail(length.error());
        if (length.value() == 0)
            return {};
        for (std::size_t at = 0; at < length.value();) {
            std::uint16_t record = 0;
            std::memcpy(&record, buffer + at + detail::entry_length_at, sizeof record);
            const char* const name = buffer + at + detail::entry_name_at;
            const auto type = static_cast<unsigned char>(buffer[at + detail::entry_type_at]);
            if (std::string_view{name} != "." && std::string_view{name} != "..")
                visit(name, type);
            at += record;
        }
    }
}

template <filesystem_operations F>
[[nodiscard]] result<void> remove_tree(const F& fs, int at, const char* name,
                                       int levels = deepest_removed);

/// Removes what the directory open as `fd` holds, and keeps it. As remove_tree.
template <filesystem_operations F>
[[nodiscard]] result<void> remove_entries(const F& fs, int fd, int levels = deepest_removed) {
    result<void> outcome;
    const auto note = [&](result<void> done, std::string_view what) {
        if (!done.has_value() && done.error().error_number != ENOENT && outcome.has_value())
            outcome = fail(std::move(done.error()).at(step::remove_scratch).on(what));
    };
    note(for_each_entry(fs, fd,
                        [&](const char* entry, unsigned char type) {
                            if (type != DT_DIR) {
                                auto removed = fs.remove_file(fd, entry);
                                if (removed.has_value() || removed.error().error_number != EISDIR)
                                    return note(std::move(removed), entry);
                            }
                            note(remove_tree(fs, fd, entry, levels - 1), entry);
                        }),
         "");
    return outcome;
}

/// Removes the directory `name` below `at` with all that it holds. Symbolic links are removed,
/// never followed; a mount point is not entered (EXDEV) and stays, with the directories above it.
/// Directories of mode 000, which an overlay's workdir leaves behind, are opened by way of chmod.
/// The first failure is returned, and the rest is removed all the same. Needs no privilege where
/// the caller owns the tree.
template <filesystem_operations F>
[[nodiscard]] result<void> remove_tree(const F& fs, int at, const char* name, int levels) {
    auto removed = fs.remove_directory(at, name);
    if (removed.has_value() || removed.error().error_number != ENOTEMPTY || levels == 0)
        return removed;
    const auto opened = detail::open_to_remove(fs, at, name);
    if (!opened.has_value())
        return fail(opened.error());
    if (auto emptied = remove_entries(fs, opened.value().get(), levels); !emptied.has_value())
        return emptied;
    return fs.remove_directory(at, name);
}

} // namespace ovl
