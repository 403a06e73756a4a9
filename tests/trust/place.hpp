// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/figures.hpp"

#include <ovl/detail/read_text.hpp>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/environment/namespace_stages.hpp>
#include <ovl/policy/posix_fs.hpp>
#include <ovl/scratch/remove_tree.hpp>
#include <ovl/scratch/scratch_dir.hpp>

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <vector>

/// The directory that is probed over and over, and what must be as before after each time.
namespace ovl_trust {

[[nodiscard]] inline ovl::unique_fd open_directory(const std::string& path) {
    ovl::unique_fd opened{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    must(static_cast<bool>(opened), path);
    return opened;
}

/// The names in a directory.
[[nodiscard]] inline std::vector<std::string> names_in(const std::string& path) {
    std::vector<std::string> found;
    const auto listed =
        ovl::for_each_entry(ovl::posix_fs{}, open_directory(path).get(),
                            [&](const char* name, unsigned char) { found.emplace_back(name); });
    must(listed.has_value(), path);
    return found;
}

/// The paths below a directory, parents before children, each with its type: `d work/work`.
inline void list_below(int at, const std::string& prefix, std::vector<std::string>& found) {
    const ovl::posix_fs fs;
    static_cast<void>(ovl::for_each_entry(fs, at, [&](const char* name, unsigned char type) {
        const std::string path = prefix + name;
        found.push_back(path);
        if (type != DT_DIR)
            return;
        const auto below = fs.open_directory(at, name);
        if (below.has_value())
            list_below(below.value().get(), path + "/", found);
    }));
}

/// A fresh directory in TMPDIR, with a tmpfs of its own where options for that are given; goes with all it holds. For a
/// process in a mount namespace of its own.
class place {
  public:
    explicit place(const char* tmpfs_options = nullptr) : mounted_{tmpfs_options != nullptr} {
        const char* const base = std::getenv("TMPDIR");
        path_ = std::string{base != nullptr ? base : "/tmp"} + "/ovl-trust-XXXXXX";
        must(::mkdtemp(path_.data()) != nullptr, path_);
        if (mounted_)
            must(::mount("ovl-trust", path_.c_str(), "tmpfs", 0, tmpfs_options) == 0,
                 "mount tmpfs");
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
        if (mounted_)
            must(::umount2(path_.c_str(), MNT_DETACH) == 0, "umount " + path_);
        else
            clear();
        ::rmdir(path_.c_str());
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string path(const std::string& below) const { return path_ + "/" + below; }
    [[nodiscard]] std::vector<std::string> names() const { return names_in(path_); }
    /// Everything in it, by paths.
    [[nodiscard]] std::vector<std::string> entries() const {
        std::vector<std::string> found;
        list_below(open_directory(path_).get(), "", found);
        return found;
    }
    void clear() const {
        static_cast<void>(ovl::remove_entries(ovl::posix_fs{}, open_directory(path_).get()));
    }
    /// Makes a directory, and gives its path.
    std::string make(const std::string& below, mode_t mode = 0755) const {
        must(::mkdir(path(below).c_str(), 0700) == 0 && ::chmod(path(below).c_str(), mode) == 0,
             path(below));
        return path(below);
    }
    /// What a killed run leaves whose mount was volatile: work/work has mode 000.
    void make_debris(const std::string& name = "0123456789abcdef") const {
        const std::string parent = ".ovl-probe-" + std::to_string(::geteuid());
        const std::string child = parent + "/" + std::string{ovl::detail::child_prefix} + name;
        if (::mkdir(path(parent).c_str(), 0700) != 0)
            must(errno == EEXIST, parent);
        must(::chmod(path(parent).c_str(), ovl::detail::scratch_mode) == 0, "chmod");
        make(child, ovl::detail::scratch_mode);
        make(child + "/upper");
        make(child + "/upper/d");
        make(child + "/work");
        make(child + "/work/work");
        make(child + "/work/work/incompat");
        make(child + "/work/work/incompat/volatile");
        make(child + "/work/work/incompat/volatile/dirty");
        must(::chmod(path(child + "/work/work").c_str(), 0) == 0, "chmod");
    }

  private:
    std::string path_;
    bool mounted_;
};

[[nodiscard]] inline std::string mount_table() {
    auto text = ovl::detail::read_text("/proc/self/mountinfo");
    must(text.has_value(), "/proc/self/mountinfo");
    return std::move(text.value());
}

[[nodiscard]] inline int open_descriptors() {
    return static_cast<int>(names_in("/proc/self/fd").size());
}

/// Where a process tries things: as root, or with all privileges in a user namespace of its own;
/// in either case in a mount namespace of its own, so that what others mount meanwhile is not taken for ours. Its mounts
/// are shared: what a probe mounts in a namespace below, and has not made private, shows here.
inline void enter_stage(bool user_namespace) {
    if (user_namespace) {
        const auto refused = ovl::enter_user_namespace();
        if (refused.has_value())
            std::fprintf(stderr, "%s: %s\n", std::string{name(refused->stage)}.c_str(),
                         std::string{name(refused->cause)}.c_str());
        must(!refused.has_value(), "enter_user_namespace");
    } else {
        const auto stop = ovl::enter_mount_namespace();
        errno = stop.has_value() ? stop->error_number : 0;
        must(!stop.has_value(), "enter_mount_namespace");
    }
    must(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0, "MS_SHARED");
}

} // namespace ovl_trust
