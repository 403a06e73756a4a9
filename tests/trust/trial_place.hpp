// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/figures.hpp"

#include <ovl/detail/read_text.hpp>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/policy/posix_fs.hpp>
#include <ovl/scratch/remove_tree.hpp>

#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <vector>

namespace ovl_trust {

/// The names in a directory.
[[nodiscard]] inline std::vector<std::string> names_in(const std::string& path) {
    std::vector<std::string> found;
    const ovl::posix_fs fs;
    const auto opened = fs.open_directory(AT_FDCWD, path.c_str());
    must(opened.has_value(), path);
    const auto listed =
        ovl::for_each_entry(fs, opened.value().get(),
                            [&](const char* name, unsigned char) { found.emplace_back(name); });
    must(listed.has_value(), path);
    return found;
}

/// Removes a directory with all it holds; whether nothing of it stays.
[[nodiscard]] inline bool remove_all(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const ovl::posix_fs fs;
    const auto above = fs.open_directory(AT_FDCWD, path.substr(0, slash).c_str());
    return above.has_value() &&
           ovl::remove_tree(fs, above.value().get(), path.c_str() + slash + 1).has_value();
}

[[nodiscard]] inline std::string mount_table() {
    auto text = ovl::detail::read_text("/proc/self/mountinfo");
    must(text.has_value(), "/proc/self/mountinfo");
    return std::move(text.value());
}

/// Goes where a rootless runtime would be, with the privileges of whoever started this; or, where that is root and
/// `user_class` is not asked for, into a mount namespace of its own.
inline void enter_stage(bool user_class) {
    if (user_class) {
        const auto refused = ovl::enter_user_namespace();
        must(!refused.has_value(), "a user namespace");
        return;
    }
    must(::unshare(CLONE_NEWNS) == 0, "unshare");
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "mount / private");
}

/// A fresh directory in TMPDIR, with a tmpfs of its own where options for that are given. For a process in a mount
/// namespace of its own.
class trial_place {
  public:
    explicit trial_place(const char* tmpfs_options = nullptr) : mounted_{tmpfs_options != nullptr} {
        const char* const base = std::getenv("TMPDIR");
        path_ = std::string{base != nullptr ? base : "/tmp"} + "/ovl-trust-XXXXXX";
        must(::mkdtemp(path_.data()) != nullptr, path_);
        if (mounted_)
            must(::mount("ovl-trust", path_.c_str(), "tmpfs", 0, tmpfs_options) == 0,
                 "mount tmpfs");
    }
    trial_place(const trial_place&) = delete;
    trial_place& operator=(const trial_place&) = delete;
    ~trial_place() {
        if (mounted_)
            must(::umount2(path_.c_str(), MNT_DETACH) == 0, "umount " + path_);
        static_cast<void>(remove_all(path_));
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string path(const std::string& below) const { return path_ + "/" + below; }
    std::string make(const std::string& below, mode_t mode = 0755) const {
        must(::mkdir(path(below).c_str(), 0700) == 0 && ::chmod(path(below).c_str(), mode) == 0,
             path(below));
        return path(below);
    }
    [[nodiscard]] std::vector<std::string> names() const { return names_in(path_); }

  private:
    std::string path_;
    bool mounted_;
};

} // namespace ovl_trust
