// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/read_text.hpp>
#include <ovl/environment/namespace_facts.hpp>
#include <ovl/environment/namespace_stages.hpp>
#include <ovl/sandbox/child.hpp>

#include <cerrno>
#include <charconv>
#include <optional>
#include <pwd.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace ovl::sandbox {

/// Ids that a user may map besides its own.
struct id_range {
    unsigned long first = 0;
    unsigned long count = 0;
};

/// The first range in a text in the format of /etc/subuid (`user:first:count`, the user by name
/// or number) for this user; none where there is none.
[[nodiscard]] inline std::optional<id_range>
subordinate_range(std::string_view text, std::string_view user_name, std::string_view user_number) {
    while (!text.empty()) {
        std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        const std::string_view user = line.substr(0, line.find(':'));
        if (user.size() == line.size() || (user != user_name && user != user_number))
            continue;
        id_range range;
        const char* const end = line.data() + line.size();
        const auto first = std::from_chars(line.data() + user.size() + 1, end, range.first);
        if (first.ptr == end || *first.ptr != ':')
            continue;
        std::from_chars(first.ptr + 1, end, range.count);
        if (range.count != 0)
            return range;
    }
    return std::nullopt;
}

/// A stage that stopped and, where errno does not say it, the cause.
struct range_stop {
    namespace_stop stop;
    std::optional<namespace_cause> cause;
};

namespace detail {

[[nodiscard]] inline std::optional<id_range> own_range(const char* file) {
    const auto text = ovl::detail::read_text(file);
    if (!text.has_value())
        return std::nullopt;
    const passwd* const user = ::getpwuid(::geteuid());
    return subordinate_range(text.value(), user != nullptr ? user->pw_name : "",
                             std::to_string(::geteuid()));
}

/// Runs newuidmap or newgidmap: the caller's id becomes 0, the range follows from 1.
[[nodiscard]] inline std::optional<range_stop>
run_map_helper(namespace_stage stage, pid_t process, unsigned long own_id, const char* range_file) {
    const auto range = own_range(range_file);
    if (!range)
        return range_stop{{stage, 0}, namespace_cause::no_subordinate_ids};
    const auto ended = run_command(
        {{std::string{name(stage)}, std::to_string(process), "0", std::to_string(own_id), "1", "1",
          std::to_string(range->first), std::to_string(range->count)}});
    if (!ended.has_value())
        return range_stop{{stage, ended.error().error_number}, std::nullopt};
    if (!ended.value().exited_with(0))
        return range_stop{{stage, EPERM}, std::nullopt};
    return std::nullopt;
}

} // namespace detail

/// Maps the ids of `process`, a child in a fresh user namespace: the caller's become 0, and a
/// range follows from 1. Root in the initial namespace writes the first 65536 ids as they are;
/// everybody else goes through newgidmap and newuidmap, whose ranges are those of /etc/subgid and
/// /etc/subuid.
[[nodiscard]] inline std::optional<range_stop> write_range_maps(pid_t process) {
    const namespace_facts facts = read_namespace_facts();
    if (facts.privileged && facts.nesting == 0u) {
        const std::string files = std::to_string(process);
        const std::string every_id = "0 0 65536";
        if (const int refused = write_map_file(files, "gid_map", every_id); refused != 0)
            return range_stop{{namespace_stage::gid_map, refused}, std::nullopt};
        if (const int refused = write_map_file(files, "uid_map", every_id); refused != 0)
            return range_stop{{namespace_stage::uid_map, refused}, std::nullopt};
        return std::nullopt;
    }
    if (auto stop =
            detail::run_map_helper(namespace_stage::newgidmap, process, ::getegid(), "/etc/subgid"))
        return stop;
    return detail::run_map_helper(namespace_stage::newuidmap, process, ::geteuid(), "/etc/subuid");
}

} // namespace ovl::sandbox
