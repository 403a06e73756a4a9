// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/read_text.hpp>
#include <ovl/environment/security_modules.hpp>
#include <ovl/environment/user_namespace.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace ovl {

/// What the classifier decides on. Each optional is none where the kernel has no such file.
struct namespace_facts {
    std::optional<long> max_user_namespaces;
    std::optional<long> max_mnt_namespaces;
    std::optional<long> max_pid_namespaces;
    /// kernel.unprivileged_userns_clone: Debian's and Arch's kernels.
    std::optional<long> unprivileged_userns_clone;
    /// kernel.apparmor_restrict_unprivileged_userns: Ubuntu 23.10 and later.
    std::optional<long> apparmor_restrict_unprivileged_userns;
    /// How many user namespaces there are above this one: 0 in the initial one, none where it
    /// cannot be told (a namespace cannot look at its parent).
    std::optional<unsigned> nesting;
    /// /proc/self/attr/current: AppArmor's profile or SELinux's context; empty where none.
    std::string security_label;
    /// The fields of /proc/self/status: 2 is a filter.
    int seccomp = 0;
    bool no_new_privs = false;
    unsigned threads = 1;
    /// CAP_SYS_ADMIN is effective.
    bool privileged = false;
    /// The effective uid and gid have a mapping in this user namespace.
    bool ids_mapped = true;
    /// PR_GET_DUMPABLE is 1; else the process's files in /proc belong to root.
    bool dumpable = true;
    bool user_namespaces = true;
    bool proc_mounted = true;
    /// The root directory is known not to be that of the mount namespace. A chroot to a mount
    /// point cannot be told from the outside without privilege.
    bool chrooted = false;
};

namespace detail {

/// The number that a file of /proc/sys holds; none where there is no such file, or no number.
[[nodiscard]] inline std::optional<long> read_number(const char* path) {
    const auto text = read_text(path);
    if (!text.has_value())
        return std::nullopt;
    const std::string& digits = text.value();
    long number = 0;
    const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return parsed.ec == std::errc{} ? std::optional{number} : std::nullopt;
}

/// The value of a field of /proc/self/status in base 10 or 16; 0 where it is not there.
[[nodiscard]] inline std::uint64_t status_field(std::string_view status, std::string_view field,
                                                int base = 10) {
    std::string key{"\n"};
    key.append(field).append(":\t");
    const std::size_t at = status.find(key);
    std::uint64_t value = 0;
    if (at != std::string_view::npos)
        std::from_chars(status.data() + at + key.size(), status.data() + status.size(), value,
                        base);
    return value;
}

/// Whether a map such as `0 1000 1`, single blanks, gives `id` a number outside.
[[nodiscard]] inline bool maps_id(std::string_view map, std::uint64_t id) {
    const char* at = map.data();
    const char* const end = at + map.size();
    while (at != end) {
        std::uint64_t range[3] = {};
        for (std::uint64_t& number : range) {
            at = std::from_chars(at, end, number).ptr;
            if (at != end)
                ++at;
        }
        if (range[2] == 0)
            return false;
        if (id >= range[0] && id - range[0] < range[2])
            return true;
    }
    return false;
}

[[nodiscard]] inline bool maps_own_id(const char* map_file, std::uint64_t id) {
    const auto map = read_text(map_file);
    return !map.has_value() || maps_id(single_blanks(map.value()), id);
}

[[nodiscard]] inline bool same_inode(const char* one, const char* other) {
    struct stat first {};
    struct stat second {};
    return ::stat(one, &first) == 0 && ::stat(other, &second) == 0 &&
           first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/// Whether a text of /proc/self/mountinfo has the mount point `/`, the fifth field of a line.
[[nodiscard]] inline bool has_root_mount(std::string_view mountinfo) {
    while (!mountinfo.empty()) {
        std::string_view line = mountinfo.substr(0, mountinfo.find('\n'));
        mountinfo.remove_prefix(std::min(line.size() + 1, mountinfo.size()));
        for (int field = 0; field != 4; ++field)
            line.remove_prefix(std::min(line.find(' '), line.size() - 1) + 1);
        if (line.starts_with("/ "))
            return true;
    }
    return false;
}

/// A chroot into a directory that is no mount point leaves no mount point `/` in mountinfo. Where
/// privilege allows the look, process 1 in the same mount namespace shows every other one.
[[nodiscard]] inline bool known_to_be_chrooted() {
    const auto mounts = read_text("/proc/self/mountinfo");
    if (mounts.has_value() && !has_root_mount(mounts.value()))
        return true;
    return same_inode("/proc/1/ns/mnt", "/proc/self/ns/mnt") &&
           ::access("/proc/1/root/", F_OK) == 0 && !same_inode("/proc/1/root/", "/");
}

} // namespace detail

/// Reads the facts of the calling process; needs no privilege and does not fail: what cannot be
/// read keeps the value that lets no cause be told from it.
[[nodiscard]] inline namespace_facts read_namespace_facts() {
    namespace_facts facts;
    facts.max_user_namespaces = detail::read_number("/proc/sys/user/max_user_namespaces");
    facts.max_mnt_namespaces = detail::read_number("/proc/sys/user/max_mnt_namespaces");
    facts.max_pid_namespaces = detail::read_number("/proc/sys/user/max_pid_namespaces");
    facts.unprivileged_userns_clone =
        detail::read_number("/proc/sys/kernel/unprivileged_userns_clone");
    facts.apparmor_restrict_unprivileged_userns =
        detail::read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
    const auto user_namespace = read_user_namespace_facts();
    facts.proc_mounted = user_namespace.has_value();
    if (!user_namespace.has_value())
        return facts;
    facts.user_namespaces = user_namespace.value().inode || user_namespace.value().uid_map;
    if (!in_user_namespace(user_namespace.value()))
        facts.nesting = 0;
    facts.security_label = read_security_label();
    if (const auto read = detail::read_text("/proc/self/status"); read.has_value()) {
        const std::string& status = read.value();
        constexpr unsigned cap_sys_admin = 21;
        facts.seccomp = static_cast<int>(detail::status_field(status, "Seccomp"));
        facts.no_new_privs = detail::status_field(status, "NoNewPrivs") != 0;
        facts.threads = static_cast<unsigned>(detail::status_field(status, "Threads"));
        facts.privileged = (detail::status_field(status, "CapEff", 16) >> cap_sys_admin & 1) != 0;
    }
    facts.ids_mapped = detail::maps_own_id("/proc/self/uid_map", ::geteuid()) &&
                       detail::maps_own_id("/proc/self/gid_map", ::getegid());
    facts.dumpable = ::prctl(PR_GET_DUMPABLE) == 1;
    facts.chrooted = detail::known_to_be_chrooted();
    return facts;
}

} // namespace ovl
