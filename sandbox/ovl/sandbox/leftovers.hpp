// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/read_text.hpp>

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ovl::sandbox {

/// The mounts that the calling process sees: the lines of /proc/self/mountinfo.
[[nodiscard]] inline std::set<std::string> current_mounts() {
    const auto text = ovl::detail::read_text("/proc/self/mountinfo");
    std::istringstream lines{text.has_value() ? text.value() : ""};
    std::set<std::string> mounts;
    for (std::string line; std::getline(lines, line);)
        mounts.insert(line);
    return mounts;
}

/// What changed from one set of mounts to a later one: `left mounted: ...`, `gone: ...`.
[[nodiscard]] inline std::vector<std::string>
changes_of_mounts(const std::set<std::string>& before, const std::set<std::string>& after) {
    std::vector<std::string> only_after;
    std::vector<std::string> changes;
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
                        std::back_inserter(only_after));
    changes.reserve(only_after.size());
    for (const std::string& line : only_after)
        changes.push_back("left mounted: " + line);
    std::vector<std::string> only_before;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                        std::back_inserter(only_before));
    for (const std::string& line : only_before)
        changes.push_back("a mount is gone: " + line);
    return changes;
}

/// The scratch directories of ovl that `directory` holds; a directory that is gone holds none.
[[nodiscard]] inline std::vector<std::string> scratch_left_in(const std::string& directory) {
    constexpr std::string_view prefix = ".ovl-probe-";
    std::vector<std::string> left;
    const auto close = [](DIR* open) { ::closedir(open); };
    const std::unique_ptr<DIR, decltype(close)> opened{::opendir(directory.c_str()), close};
    if (!opened) {
        if (errno != ENOENT)
            left.push_back("cannot look into " + directory);
        return left;
    }
    while (const dirent* const entry = ::readdir(opened.get()))
        if (std::string_view{entry->d_name}.starts_with(prefix))
            left.push_back("left behind: " + directory + "/" + entry->d_name);
    return left;
}

} // namespace ovl::sandbox
