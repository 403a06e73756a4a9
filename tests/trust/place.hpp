// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/read_text.hpp>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/environment/namespace_stages.hpp>
#include <ovl/policy/posix_fs.hpp>
#include <ovl/scratch/remove_tree.hpp>
#include <ovl/scratch/scratch_dir.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <vector>

/// The directory that is probed over and over, and what must be as before after each time.
namespace ovl_trust {

/// Ends the program where the stage cannot be set: nothing that follows would mean anything.
inline void need(bool done, const char* what) {
    if (done)
        return;
    std::perror(what);
    std::exit(2);
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

class place {
  public:
    place() {
        const char* const base = std::getenv("TMPDIR");
        path_ = std::string{base != nullptr ? base : "/tmp"} + "/ovl-trust-XXXXXX";
        need(::mkdtemp(path_.data()) != nullptr, "mkdtemp");
    }
    place(const place&) = delete;
    place& operator=(const place&) = delete;
    ~place() {
        clear();
        ::rmdir(path_.c_str());
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] ovl::unique_fd open() const {
        ovl::unique_fd opened{::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        need(static_cast<bool>(opened), path_.c_str());
        return opened;
    }
    /// Everything in it, by paths.
    [[nodiscard]] std::vector<std::string> entries() const {
        std::vector<std::string> found;
        list_below(open().get(), "", found);
        return found;
    }
    void clear() const {
        static_cast<void>(ovl::remove_entries(ovl::posix_fs{}, open().get()));
    }
    void make(const std::string& below, mode_t mode = 0755) const {
        need(::mkdir((path_ + "/" + below).c_str(), 0755) == 0, below.c_str());
        need(::chmod((path_ + "/" + below).c_str(), mode) == 0, below.c_str());
    }
    /// What a killed run leaves whose mount was volatile: work/work has mode 000.
    void make_debris(const std::string& name = "0123456789abcdef") const {
        const std::string parent = ".ovl-probe-" + std::to_string(::geteuid());
        const std::string child =
            parent + "/" + std::string{ovl::detail::child_prefix} + name;
        if (::mkdir((path_ + "/" + parent).c_str(), 0700) != 0)
            need(errno == EEXIST, parent.c_str());
        need(::chmod((path_ + "/" + parent).c_str(), ovl::detail::scratch_mode) == 0, "chmod");
        make(child, ovl::detail::scratch_mode);
        make(child + "/upper");
        make(child + "/upper/d");
        make(child + "/work");
        make(child + "/work/work");
        make(child + "/work/work/incompat");
        make(child + "/work/work/incompat/volatile");
        make(child + "/work/work/incompat/volatile/dirty");
        need(::chmod((path_ + "/" + child + "/work/work").c_str(), 0) == 0, "chmod");
    }

  private:
    std::string path_;
};

[[nodiscard]] inline std::string mount_table(const char* of = "/proc/self/mountinfo") {
    const auto text = ovl::detail::read_text(of);
    need(text.has_value(), of);
    return text.value();
}

[[nodiscard]] inline int open_descriptors() {
    int count = 0;
    const ovl::posix_fs fs;
    const auto listing = fs.open_directory(AT_FDCWD, "/proc/self/fd");
    need(listing.has_value(), "/proc/self/fd");
    static_cast<void>(ovl::for_each_entry(fs, listing.value().get(),
                                          [&](const char*, unsigned char) { ++count; }));
    return count;
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
        need(!refused.has_value(), "enter_user_namespace");
    } else {
        const auto stop = ovl::enter_mount_namespace();
        errno = stop.has_value() ? stop->error_number : 0;
        need(!stop.has_value(), "enter_mount_namespace");
    }
    need(::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0, "MS_SHARED");
}

} // namespace ovl_trust
