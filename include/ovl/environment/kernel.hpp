// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/detail/read_text.hpp>

#include <algorithm>
#include <dirent.h>
#include <optional>
#include <string>
#include <sys/utsname.h>
#include <utility>
#include <vector>

namespace ovl {

/// The running kernel, for reports: no answer rests on it.
struct kernel_facts {
    std::string release;
    std::string machine;
    /// The overlay module's parameters by name, sorted; absent where the kernel shows none (the
    /// module is not loaded, or /sys is not mounted).
    std::optional<std::vector<std::pair<std::string, std::string>>> overlay_parameters;
};

/// The parameters below `path`, a module's directory in /sys/module. Absent where it cannot be
/// opened; a single parameter that cannot be read is left out.
[[nodiscard]] inline std::optional<std::vector<std::pair<std::string, std::string>>>
read_module_parameters(const char* path) {
    DIR* const directory = ::opendir(path);
    if (directory == nullptr)
        return std::nullopt;
    std::vector<std::pair<std::string, std::string>> found;
    while (const dirent* entry = ::readdir(directory)) {
        if (entry->d_name[0] == '.')
            continue;
        auto text = detail::read_text((std::string{path} + "/" + entry->d_name).c_str());
        if (!text.has_value())
            continue;
        while (!text.value().empty() && text.value().back() == '\n')
            text.value().pop_back();
        found.emplace_back(entry->d_name, std::move(text.value()));
    }
    ::closedir(directory);
    std::sort(found.begin(), found.end());
    return found;
}

/// Reads uname(2) and /sys/module/overlay/parameters. Needs no privilege; cannot fail.
[[nodiscard]] inline kernel_facts read_kernel_facts() {
    utsname names{};
    ::uname(&names);
    return {.release = names.release,
            .machine = names.machine,
            .overlay_parameters = read_module_parameters("/sys/module/overlay/parameters")};
}

} // namespace ovl
