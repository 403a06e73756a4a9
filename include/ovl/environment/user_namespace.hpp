// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/detail/read_text.hpp>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace ovl {

/// The inode of the initial user namespace on every kernel: PROC_USER_INIT_INO.
inline constexpr std::uint64_t initial_user_namespace_inode = 0xEFFFFFFD;

/// What a process can see of its user namespace. Reading is apart from deciding, so that a test can
/// decide on facts of its own.
struct user_namespace_facts {
    /// The inode of /proc/self/ns/user; none on a kernel without user namespaces.
    std::optional<std::uint64_t> inode;
    /// /proc/self/uid_map, one line a range, single blanks: `0 1000 1`. Empty before the map is
    /// written; none on a kernel without user namespaces.
    std::optional<std::string> uid_map;
    /// OpenVZ gives containers inodes of its own, so that the number says nothing there:
    /// /proc/vz exists and /proc/bc, the host's side, does not.
    bool virtualised_inode = false;

    friend bool operator==(const user_namespace_facts&, const user_namespace_facts&) = default;
};

namespace detail {

/// Every run of blanks as one blank, none at either end of a line, no newline at the end.
[[nodiscard]] inline std::string single_blanks(std::string_view text) {
    std::string tidy;
    for (const char c : text) {
        const bool ends_word = tidy.empty() || tidy.back() == ' ' || tidy.back() == '\n';
        if (c == '\n' && !tidy.empty() && tidy.back() == ' ')
            tidy.back() = '\n';
        else if (c != ' ' || !ends_word)
            tidy += c;
    }
    while (!tidy.empty() && (tidy.back() == ' ' || tidy.back() == '\n'))
        tidy.pop_back();
    return tidy;
}

} // namespace detail

/// Reads the facts of the calling process; needs no privilege. Fails with the errno of stat(2) or
/// open(2): ENOENT on `/proc/self` where proc is not mounted.
[[nodiscard]] inline result<user_namespace_facts> read_user_namespace_facts() {
    const auto failed = [](std::string_view subject) {
        return fail({.where = step::read_facts,
                     .call = "stat",
                     .error_number = errno,
                     .subject = std::string{subject},
                     .kernel_message = {}});
    };
    struct stat status {};
    if (::stat("/proc/self", &status) != 0)
        return failed("/proc/self");
    user_namespace_facts facts;
    if (::stat("/proc/self/ns/user", &status) == 0)
        facts.inode = status.st_ino;
    else if (errno != ENOENT)
        return failed("/proc/self/ns/user");
    auto uid_map = detail::read_text("/proc/self/uid_map");
    if (uid_map.has_value())
        facts.uid_map = detail::single_blanks(uid_map.value());
    else if (uid_map.error().error_number != ENOENT)
        return fail(uid_map.error());
    facts.virtualised_inode = ::access("/proc/vz", F_OK) == 0 && ::access("/proc/bc", F_OK) != 0;
    return facts;
}

/// Whether these facts are those of a namespace other than the initial one. The inode decides; a
/// uid map alone cannot tell a namespace that maps every id from the initial one, and is used
/// only where there is no inode to trust.
[[nodiscard]] inline bool in_user_namespace(const user_namespace_facts& facts) {
    if (facts.inode && !facts.virtualised_inode)
        return *facts.inode != initial_user_namespace_inode;
    return facts.uid_map && *facts.uid_map != "0 0 4294967295";
}

/// Whether the calling process runs in a user namespace other than the initial one; needs no
/// privilege. No virtualised inode equals the initial one, so that in the initial namespace this
/// costs one call. Fails as read_user_namespace_facts does.
[[nodiscard]] inline result<bool> running_in_user_namespace() {
    struct stat status {};
    if (::stat("/proc/self/ns/user", &status) == 0 && status.st_ino == initial_user_namespace_inode)
        return false;
    const auto facts = read_user_namespace_facts();
    if (!facts.has_value())
        return fail(facts.error());
    return in_user_namespace(facts.value());
}

} // namespace ovl
