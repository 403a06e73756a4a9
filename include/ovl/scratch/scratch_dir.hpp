// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/bounded_text.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/policy/filesystem_operations.hpp>
#include <ovl/scratch/remove_tree.hpp>

#include <cerrno>
#include <optional>
#include <string>
#include <string_view>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ovl {

/// A name in a scratch directory: `.ovl-probe-<euid>`, with a random part where that is taken.
using scratch_name = detail::bounded_text<64>;

namespace detail {

inline constexpr std::size_t random_name_length = 16;
inline constexpr std::string_view child_prefix = "ovl-scratch-";

/// Whether an entry of the parent is called as the directories are that probes make there.
[[nodiscard]] inline bool is_child_name(std::string_view name) noexcept {
    return name.size() == child_prefix.size() + random_name_length &&
           name.starts_with(child_prefix) &&
           name.find_first_not_of("0123456789abcdef", child_prefix.size()) ==
               std::string_view::npos;
}

/// Appends 64 random bits in hexadecimal.
[[nodiscard]] inline result<void> append_random(scratch_name& name) {
    unsigned char bytes[random_name_length / 2];
    if (detail::retry([&] { return ::getrandom(bytes, sizeof bytes, 0); }) != sizeof bytes)
        return fail_with_errno("getrandom");
    for (const unsigned char byte : bytes)
        name.append("0123456789abcdef"[byte >> 4]).append("0123456789abcdef"[byte & 15]);
    return {};
}

/// The mode of the parent and its children: closed to everybody else, and marked by the sticky bit, which tells
/// them from another private directory of the same user that somebody has moved to their place.
inline constexpr mode_t scratch_mode = S_ISVTX | 0700;

/// Whether what is open was made by a probe of this user. Nobody else can then change anything below it. (The
/// directory around it may hand its group on, and the bit for that.)
[[nodiscard]] inline bool is_scratch(const struct stat& found, uid_t euid) noexcept {
    return found.st_uid == euid &&
           (found.st_mode & 07777 & ~static_cast<mode_t>(S_ISGID)) == scratch_mode;
}

} // namespace detail

/// A fresh directory of one's own below the directory asked about, removed with all it holds when
/// this ends. It lies in a parent `.ovl-probe-<euid>` (mode 1700) that all probes of a user share,
/// and is locked with flock(2), so that what a killed probe left is told from what a live one uses:
/// the former is swept here. Where that parent is somebody else's, a parent with a random name is
/// used instead. Whoever may rename entries of the directory can make this fail, and no more: nothing
/// is made, removed, changed or read but in a directory seen to be of this user and of a probe, by
/// its descriptor. `fs` and `base` must outlive it. Needs write permission in the directory.
template <filesystem_operations F>
class scratch_dir {
  public:
    /// Fails with the errno of the call that failed: EACCES, EROFS, ENOSPC, EDQUOT and so on; with
    /// ENOTSUP where the filesystem keeps no owners and modes, so that nothing in it is private.
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
        : fs_{other.fs_}, base_{std::exchange(other.base_, -1)},
          parent_name_{other.parent_name_}, parent_{std::move(other.parent_)}, name_{other.name_},
          child_{std::move(other.child_)}, unswept_{std::move(other.unswept_)} {}
    scratch_dir& operator=(scratch_dir&&) = delete;
    scratch_dir(const scratch_dir&) = delete;
    scratch_dir& operator=(const scratch_dir&) = delete;
    // NOLINTNEXTLINE(bugprone-exception-escape): where memory is out, the process ends anywhere in ovl.
    ~scratch_dir() { static_cast<void>(remove()); }

    /// The directory, open for reading.
    [[nodiscard]] int fd() const noexcept { return child_.get(); }

    /// What an earlier probe left and the sweep could not remove: the first such, its path below the directory asked
    /// about as the subject.
    [[nodiscard]] const std::optional<failure>& unswept() const noexcept { return unswept_; }

    /// Removes it now, and the parent where nothing else is in it. Fails where something stays, with its path below
    /// the directory asked about as the subject.
    [[nodiscard]] result<void> remove() {
        if (base_ < 0)
            return {};
        const int base = std::exchange(base_, -1);
        auto removed = remove_tree(*fs_, parent_.get(), name_.c_str());
        // ENOTEMPTY: another probe is at work. ENOENT: it has just removed the parent.
        static_cast<void>(fs_->remove_directory(base, parent_name_.c_str()));
        return removed.has_value() ? std::move(removed)
                                   : fail(placed(std::move(removed.error()), name_.view()));
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
        const auto created = fs.make_directory(base, parent_name.c_str(), detail::scratch_mode);
        if (!created.has_value() && created.error().error_number != EEXIST)
            return fail(failure{created.error()}.on(parent_name.view()));
        auto found = open_if_ours(fs, base, parent_name.c_str(), euid);
        if (!found.has_value()) {
            // Made a moment ago, and of no use: it must not stay.
            if (created.has_value())
                static_cast<void>(fs.remove_directory(base, parent_name.c_str()));
            if (!is_foreign(found.error()))
                return fail(std::move(found.error()).on(parent_name.view()));
        }
        const bool shared = found.has_value();
        auto parent = shared ? std::move(found) : make_sibling(fs, base, parent_name, euid);
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

    /// Opens a parent; ENOTDIR where it is another user's, or open to one.
    [[nodiscard]] static result<unique_fd> open_if_ours(const F& fs, int base, const char* name,
                                                        uid_t euid) {
        auto opened = fs.open_within(base, name);
        if (!opened.has_value())
            return opened;
        auto found = fs.status(opened.value().get(), "");
        if (!found.has_value())
            return fail(std::move(found.error()));
        if (!detail::is_scratch(found.value(), euid))
            return fail({.call = "fstatat", .error_number = ENOTDIR});
        return opened;
    }

    [[nodiscard]] static result<unique_fd> make_sibling(const F& fs, int base, scratch_name& name,
                                                        uid_t euid) {
        name.append('-');
        if (auto drawn = detail::append_random(name); !drawn.has_value())
            return fail(std::move(drawn.error()));
        if (auto made = fs.make_directory(base, name.c_str(), detail::scratch_mode);
            !made.has_value())
            return fail(std::move(made.error()).on(name.view()));
        auto opened = open_if_ours(fs, base, name.c_str(), euid);
        if (opened.has_value())
            return opened;
        const bool removed = fs.remove_directory(base, name.c_str()).has_value();
        if (!is_foreign(opened.error()))
            return opened;
        // What could not be removed as an empty directory was put there by somebody else, in place of the one made.
        return fail({.call = "fstatat",
                     .error_number = removed ? ENOTSUP : EAGAIN,
                     .subject = std::string{name.view()},
                     .explanation = "no directory of this user's own can be made here"});
    }

    [[nodiscard]] result<void> make_child() {
        name_.append(detail::child_prefix);
        if (auto drawn = detail::append_random(name_); !drawn.has_value())
            return drawn;
        if (auto made = fs_->make_directory(parent_.get(), name_.c_str(), detail::scratch_mode);
            !made.has_value())
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
        auto listed = for_each_entry(*fs_, parent_.get(), [&](const char* entry, unsigned char) {
            if (!detail::is_child_name(entry))
                return;
            auto swept = sweep_child(entry);
            if (!swept.has_value() && swept.error().error_number != ENOENT && !unswept_.has_value())
                unswept_ = placed(std::move(swept.error()), entry).at(step::sweep_scratch);
        });
        if (!listed.has_value() && !unswept_.has_value())
            unswept_ = placed(std::move(listed.error()), "").at(step::sweep_scratch);
    }

    [[nodiscard]] result<void> sweep_child(const char* entry) {
        const auto debris = fs_->open_within(parent_.get(), entry);
        if (!debris.has_value())
            return fail(debris.error());
        const auto found = fs_->status(debris.value().get(), "");
        if (!found.has_value() || !detail::is_scratch(found.value(), ::geteuid()))
            return fail(
                {.call = "fstatat", .error_number = EPERM, .explanation = "no probe has made it"});
        auto locked = fs_->lock(debris.value().get());
        if (!locked.has_value())
            return locked.error().error_number == EAGAIN ? result<void>{} : locked;
        return remove_tree(*fs_, parent_.get(), entry);
    }

    /// A failure on what lies in a child, or on the child itself.
    [[nodiscard]] failure placed(failure what, std::string_view child) const {
        std::string path{parent_name_.view()};
        path.append(child.empty() ? "" : "/").append(child);
        if (!what.subject.empty())
            path.append(", in it ").append(what.subject);
        return std::move(what).at(step::remove_scratch).on(path);
    }

    const F* fs_;
    int base_;
    scratch_name parent_name_;
    unique_fd parent_;
    scratch_name name_;
    unique_fd child_;
    std::optional<failure> unswept_{};
};

} // namespace ovl
