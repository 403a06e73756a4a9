// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/filesystem_operations.hpp>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ovl {

enum class entry_kind : std::uint8_t { file, directory };

/// The entries made in a scratch directory, in the order of their making, so that they can be removed without
/// listing a directory. It holds what fits; what does not is left to whoever lists.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): see its members.
class entry_journal {
  public:
    /// Notes an entry by its path; noted again, it takes the later kind.
    void add(std::string_view path, entry_kind kind) noexcept {
        for (std::size_t i = 0; i < count_; ++i) {
            if (path_of(entries_[i]) == path) {
                entries_[i].kind = kind;
                return;
            }
        }
        const std::size_t room = text_.size() - used_;
        if (count_ == entries_.size() || path.size() >= room)
            return;
        text_[used_ + path.copy(text_.data() + used_, room)] = '\0';
        entries_[count_++] = {.at = static_cast<std::uint16_t>(used_),
                              .length = static_cast<std::uint16_t>(path.size()),
                              .kind = kind};
        used_ += path.size() + 1;
    }

    /// Removes what was noted below the directory open as `fd`, the latest first, and forgets it. Returns whether
    /// each removal succeeded or found nothing.
    template <filesystem_operations F>
    [[nodiscard]] bool remove(const F& fs, int fd) {
        bool complete = true;
        for (; count_ > 0; --count_) {
            const entry& last = entries_[count_ - 1];
            const char* const path = text_.data() + last.at;
            const auto removed = last.kind == entry_kind::directory ? fs.remove_directory(fd, path)
                                                                    : fs.remove_file(fd, path);
            complete &= removed.has_value() || removed.error().error_number == ENOENT;
        }
        used_ = 0;
        return complete;
    }

  private:
    struct entry {
        std::uint16_t at;
        std::uint16_t length;
        entry_kind kind;
    };

    [[nodiscard]] std::string_view path_of(const entry& noted) const noexcept {
        return {text_.data() + noted.at, noted.length};
    }

    // Left uninitialised: what is not counted is not read.
    std::array<entry, 96> entries_;
    std::array<char, 4096> text_;
    std::size_t count_ = 0;
    std::size_t used_ = 0;
};

} // namespace ovl
