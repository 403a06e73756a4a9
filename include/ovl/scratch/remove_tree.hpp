// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/bounded_text.hpp>
#include <ovl/policy/filesystem_operations.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <dirent.h>
#include <span>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace ovl {

/// How many levels of a tree are open at a time while it is removed, each by one descriptor and 2 KiB of stack. What
/// lies deeper is first moved up; what a probe leaves does not.
inline constexpr int levels_held = 12;

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

namespace detail {

/// Empties one directory, by way of at most `levels_held` descriptors and no memory but the stack, however deep and
/// wide the tree in it is.
template <filesystem_operations F>
class directory_emptier {
  public:
    directory_emptier(const F& fs, int top) noexcept : fs_{fs}, top_{top} {}

    /// The first failure, if any; the rest is removed all the same.
    [[nodiscard]] result<void> empty() {
        for (;;) {
            moved_up_ = false;
            outcome_ = {};
            empty_one(top_, 0);
            // A move makes what it takes less deep, so that there is an end.
            if (!moved_up_)
                return std::move(outcome_);
            if (::lseek(top_, 0, SEEK_SET) != 0)
                return fail(last_failure("lseek").at(step::remove_scratch));
        }
    }

  private:
    void note(result<void> done, std::string_view what) {
        if (!done.has_value() && done.error().error_number != ENOENT && outcome_.has_value())
            outcome_ = fail(std::move(done.error()).at(step::remove_scratch).on(what));
    }

    void empty_one(int fd, int level) {
        auto listed = for_each_entry(fs_, fd, [&](const char* entry, unsigned char type) {
            if (type != DT_DIR) {
                auto removed = fs_.remove_file(fd, entry);
                if (removed.has_value() || removed.error().error_number != EISDIR)
                    return note(std::move(removed), entry);
            }
            remove_directory(fd, entry, level);
        });
        note(std::move(listed), "");
    }

    void remove_directory(int at, const char* name, int level) {
        auto removed = fs_.remove_directory(at, name);
        if (removed.has_value() || removed.error().error_number != ENOTEMPTY)
            return note(std::move(removed), name);
        if (level + 1 == levels_held)
            return note(move_up(at, name, level), name);
        auto opened = open_to_remove(fs_, at, name);
        if (!opened.has_value()) {
            const int error = opened.error().error_number;
            const bool freed_above = level > 0 && (error == EMFILE || error == ENFILE);
            return note(freed_above ? move_up(at, name, level) : fail(opened.error()), name);
        }
        empty_one(opened.value().get(), level + 1);
        opened.value().reset();
        note(fs_.remove_directory(at, name), name);
    }

    /// Moves a directory that lies `level` levels below the top into the top.
    [[nodiscard]] result<void> move_up(int at, const char* name, int level) {
        constexpr int most_names_taken = 4096;
        for (int tries_left = most_names_taken;; --tries_left) {
            bounded_text<128> fresh;
            for (int up = 0; up < level; ++up)
                fresh.append("../");
            fresh.append("ovl-moved-").append_number(next_++);
            auto moved = fs_.rename(at, name, fresh.c_str(), 0);
            // To get another `..` it must be writable, which a directory of mode 000 is to root alone.
            if (!moved.has_value() && moved.error().error_number == EACCES &&
                fs_.set_mode(at, name, 0700).has_value())
                moved = fs_.rename(at, name, fresh.c_str(), 0);
            moved_up_ |= moved.has_value();
            const int error = moved.has_value() ? 0 : moved.error().error_number;
            const bool taken = error == ENOTEMPTY || error == EEXIST || error == ENOTDIR;
            if (!taken || tries_left == 0)
                return moved;
        }
    }

    const F& fs_;
    int top_;
    bool moved_up_ = false;
    unsigned long next_ = 0;
    result<void> outcome_{};
};

} // namespace detail

/// Removes what the directory open as `fd` holds, and keeps it. As remove_tree.
template <filesystem_operations F>
[[nodiscard]] result<void> remove_entries(const F& fs, int fd) {
    return detail::directory_emptier<F>{fs, fd}.empty();
}

/// Removes the directory `name` below `at` with all that it holds. Symbolic links are removed,
/// never followed; a mount point is not entered (EXDEV or EBUSY) and stays, with the directories above it.
/// Directories of mode 000, which an overlay's workdir leaves behind, are opened by way of chmod.
/// The first failure is returned, its subject the entry at fault, and the rest is removed all the same.
/// Descriptors and memory are bounded, however deep the tree is: see `levels_held`. Needs no privilege where
/// the caller owns the tree; nobody else may be able to change it meanwhile.
template <filesystem_operations F>
[[nodiscard]] result<void> remove_tree(const F& fs, int at, const char* name) {
    auto removed = fs.remove_directory(at, name);
    if (removed.has_value() || removed.error().error_number != ENOTEMPTY)
        return removed;
    const auto opened = detail::open_to_remove(fs, at, name);
    if (!opened.has_value())
        return fail(opened.error());
    if (auto emptied = remove_entries(fs, opened.value().get()); !emptied.has_value())
        return emptied;
    return fs.remove_directory(at, name);
}

} // namespace ovl
