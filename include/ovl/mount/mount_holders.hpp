// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/detail/mount_identity.hpp>
#include <ovl/detail/mountinfo.hpp>
#include <ovl/detail/read_text.hpp>

#include <cstdint>
#include <cstdlib>
#include <dirent.h>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace ovl {

/// By what a process, or a mount, holds a mount.
enum class hold_kind : std::uint8_t {
    descriptor,
    working_directory,
    root_directory,
    program,
    mapping,
    mount
};

/// What keeps a mount busy.
struct mount_holder {
    hold_kind kind = hold_kind::descriptor;
    /// 0 for a mount.
    pid_t pid = 0;
    /// The process's name (comm), or where the other mount lies.
    std::string name{};
    /// The descriptor's number or the mapping's range.
    std::string what{};
};

namespace detail {

/// Calls `visit` with the name of each entry of a directory that can be read.
template <class Visit>
void for_each_name(const std::string& path, Visit visit) {
    DIR* const opened = ::opendir(path.c_str());
    if (opened == nullptr)
        return;
    while (const dirent* const entry = ::readdir(opened))
        if (entry->d_name[0] != '.')
            visit(entry->d_name);
    ::closedir(opened);
}

/// What one process holds of a mount; nothing where it may not be looked at, or is gone.
inline void find_holds(std::vector<mount_holder>& found, const std::string& process, pid_t pid,
                       std::uint64_t mount) {
    const std::size_t before = found.size();
    const auto examine = [&](hold_kind kind, const std::string& link, const char* what) {
        if (mount_id(AT_FDCWD, (process + link).c_str()) == mount)
            found.push_back({.kind = kind, .pid = pid, .what = what});
    };
    examine(hold_kind::working_directory, "cwd", "");
    examine(hold_kind::root_directory, "root", "");
    examine(hold_kind::program, "exe", "");
    for_each_name(process + "fd", [&](const char* number) {
        examine(hold_kind::descriptor, std::string{"fd/"} + number, number);
    });
    for_each_name(process + "map_files", [&](const char* range) {
        examine(hold_kind::mapping, std::string{"map_files/"} + range, range);
    });
    if (found.size() == before)
        return;
    const auto comm = read_text((process + "comm").c_str());
    for (std::size_t i = before; i != found.size(); ++i)
        if (comm.has_value())
            found[i].name = comm.value().substr(0, comm.value().find('\n'));
}

} // namespace detail

/// Who holds the mount that `where` lies on: open descriptors, working and root directories,
/// programs, mapped files, and mounts below it in this mount namespace. Walks /proc, so it takes
/// time in proportion to all open files of the machine, and sees only the processes that the caller
/// may look at (ptrace(2) access; mappings want CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE). The
/// caller's own descriptors count. Needs Linux 5.8: ENOTSUP before.
[[nodiscard]] inline result<std::vector<mount_holder>> mount_holders(const directory& where) {
    std::vector<mount_holder> found;
    std::uint64_t mount = 0;
    {
        const auto opened = where.open();
        if (!opened.has_value())
            return fail(opened.error());
        const auto id = detail::mount_id(opened.value().get());
        if (!id.has_value())
            return fail({.where = step::observe,
                         .call = "statx",
                         .error_number = ENOTSUP,
                         .subject = where.name(),
                         .explanation = "this kernel does not tell a mount's number"});
        mount = *id;
    }
    const auto mountinfo = detail::read_text("/proc/self/mountinfo");
    if (!mountinfo.has_value())
        return fail(failure{mountinfo.error()}.at(step::observe));
    detail::for_each_mount(mountinfo.value(), [&](const detail::mountinfo_line& line) {
        if (line.parent == mount)
            found.push_back({.kind = hold_kind::mount, .name = line.mount_point});
        return true;
    });
    detail::for_each_name("/proc", [&](const char* name) {
        if (name[0] >= '1' && name[0] <= '9')
            detail::find_holds(found, std::string{"/proc/"} + name + "/",
                               static_cast<pid_t>(std::strtol(name, nullptr, 10)), mount);
    });
    return found;
}

} // namespace ovl
