// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/bounded_text.hpp>
#include <ovl/policy/filesystem_operations.hpp>
#include <ovl/scratch/remove_tree.hpp>

#include <cerrno>
#include <string_view>
#include <sys/random.h>
#include <unistd.h>
#include <utility>

namespace ovl {

/// A name in a scratch directory: `.ovl-probe-<euid>`, with a random part where that is taken.
using scratch_name = detail::bounded_text<64>;

namespace detail {

inline constexpr std::size_t random_name_length = 16;

[[nodiscard]] inline bool is_random_name(std::string_view name) noexcept {
    return name.size() == random_name_length &&
           name.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Appends 64 random bits in hexadecimal.
[[nodiscard]] inline result<void> append_random(scratch_name& name) {
    unsigned char bytes[random_name_length / 2];
    if (::getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        return fail_with_errno("getrandom");
    for (const unsigned char byte : bytes)
        name.append("0123456789abcdef"[byte >> 4]).append("0123456789abcdef"[byte & 15]);
    return {};
}

/// A directory that this process may use: its own, and closed to everybody else.
[[nodiscard]] inline bool is_private(const struct stat& found, uid_t euid) noexcept {
    return found.st_uid == euid && (found.st_mode & 0777) == 0700;
}

} // namespace detail

/// A fresh directory of one's own below the directory asked about, removed with all it holds when
/// this ends. It lies in a parent `.ovl-probe-<euid>` (mode 0700) that all probes of a user share,
/// and is locked with flock(2), so that what a killed probe left is told from what a live one uses:
/// the former is swept here. Where that parent is somebody else's, a parent with a random name is
/// used instead. `fs` and `base` must outlive it. Needs write permission in the directory.
template <filesystem_operations F>
class scratch_dir {
  public:
    /// Fails with the errno of the call that failed: EACCES, EROFS, ENOSPC, EDQUOT and so on.
    [[nodiscard]] static result<scratch_dir> create(const F& fs, int base) {
        // Another probe may remove the shared parent, or sweep the child before it is locked, at
        // any moment; each loss of that race is another's success. Sixteen
        // tries were seen to be too few for eight threads on two processors.
        for (int tries_left = 256;; --tries_left) {
            auto made = try_create(fs, base);
            if (made.has_value())
                return made;
            if (tries_left == 0 || !lost_race(made.error()))
                return fail(std::move(made.error()).at(step::create_scratch));
        }
    }

    scratch_dir(scratch_dir&& other) noexcept
        : fs_{other.fs_}, base_{std::exchange(other.base_, -1)}, parent_name_{other.parent_name_},
          parent_{std::move(other.parent_)}, name_{other.name_}, child_{std::move(other.child_)} {}
    scratch_dir& operator=(scratch_dir&&) = delete;
    ~scratch_dir() { static_cast<void>(remove()); }

    /// The directory, open for reading.
    [[nodiscard]] int fd() const noexcept { return child_.get(); }

    /// Removes it now, and the parent where nothing else is in it. Fails where something stays.
    [[nodiscard]] result<void> remove() {
        if (base_ < 0)
            return {};
        const int base = std::exchange(base_, -1);
        auto removed = remove_tree(*fs_, parent_.get(), name_.c_str());
        // ENOTEMPTY: another probe is at work. ENOENT: it has just removed the parent.
        static_cast<void>(fs_->remove_directory(base, parent_name_.c_str()));
        return removed;
    }

  private:
    scratch_dir(const F& fs, int base, const scratch_name& parent_name, unique_fd parent)
        : fs_{&fs}, base_{base}, parent_name_{parent_name}, parent_{std::move(parent)} {}

    [[nodiscard]] static bool lost_race(const failure& what) noexcept {
        return what.error_number == ENOENT || what.error_number == EAGAIN;
    }

    /// Whether a parent that could not be opened is there but not for us: a file, a symbolic link,
    /// a mount point, or a directory that belongs to another user.
    [[nodiscard]] static bool is_foreign(const failure& what) noexcept {
        return what.error_number == EACCES || what.error_number == ENOTDIR ||
               what.error_number == ELOOP || what.error_number == EXDEV;
    }

    [[nodiscard]] static result<scratch_dir> try_create(const F& fs, int base) {
        const uid_t euid = ::geteuid();
        scratch_name parent_name{".ovl-probe-"};
        parent_name.append_number(euid);
        const auto created = fs.make_directory(base, parent_name.c_str(), 0700);
        if (!created.has_value() && created.error().error_number != EEXIST)
            return fail(failure{created.error()}.on(parent_name.view()));
        auto found = fs.open_within(base, parent_name.c_str());
        if (!found.has_value() && !is_foreign(found.error()))
            return fail(std::move(found.error()).on(parent_name.view()));
        const bool shared = found.has_value() && is_ours(fs, found.value().get(), euid);
        auto parent = shared ? std::move(found) : make_sibling(fs, base, parent_name);
        if (!parent.has_value())
            return fail(std::move(parent.error()));

        scratch_dir made{fs, base, parent_name, std::move(parent.value())};
        if (shared && !created.has_value())
            made.sweep();
        auto child = made.make_child();
        if (!child.has_value())
            return fail(std::move(child.error()));
        return made;
    }

    [[nodiscard]] static bool is_ours(const F& fs, int fd, uid_t euid) {
        const auto found = fs.status(fd, "");
        return found.has_value() && detail::is_private(found.value(), euid);
    }

    [[nodiscard]] static result<unique_fd> make_sibling(const F& fs, int base, scratch_name& name) {
        name.append('-');
        if (auto drawn = detail::append_random(name); !drawn.has_value())
            return fail(std::move(drawn.error()));
        if (auto made = fs.make_directory(base, name.c_str(), 0700); !made.has_value())
            return fail(std::move(made.error()).on(name.view()));
        auto opened = fs.open_within(base, name.c_str());
        if (!opened.has_value())
            static_cast<void>(fs.remove_directory(base, name.c_str()));
        return opened;
    }

    [[nodiscard]] result<void> make_child() {
        if (auto drawn = detail::append_random(name_); !drawn.has_value())
            return drawn;
        if (auto made = fs_->make_directory(parent_.get(), name_.c_str(), 0700); !made.has_value())
            return fail(std::move(made.error()).on(name_.view()));
        auto child = fs_->open_within(parent_.get(), name_.c_str());
        if (!child.has_value())
            return fail(child.error());
        if (auto locked = fs_->lock(child.value().get()); !locked.has_value())
            return locked;
        child_ = std::move(child.value());
        // A sweeper that came before the lock has removed it: then it has no name any more.
        if (auto still = fs_->status(parent_.get(), name_.c_str()); !still.has_value())
            return fail(still.error());
        return {};
    }

    /// Removes what no live probe has locked. What cannot be removed is left to the next sweep.
    void sweep() {
        static_cast<void>(
            for_each_entry(*fs_, parent_.get(), [&](const char* entry, unsigned char) {
                if (!detail::is_random_name(entry))
                    return;
                const auto debris = fs_->open_within(parent_.get(), entry);
                if (debris.has_value() && fs_->lock(debris.value().get()).has_value())
                    static_cast<void>(remove_tree(*fs_, parent_.get(), entry));
            }));
    }

    const F* fs_;
    int base_;
    scratch_name parent_name_;
    unique_fd parent_;
    scratch_name name_;
    unique_fd child_;
};

} // namespace ovl
