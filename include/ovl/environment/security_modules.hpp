// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/read_text.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace ovl {

/// The security modules that may have a say in a call, and what they hold of this process.
struct security_modules {
    /// Those that are active, `lockdown,capability,landlock,apparmor`; empty where securityfs is
    /// not mounted.
    std::string active{};
    /// AppArmor's profile or SELinux's context of this process; empty where neither is on.
    std::string label{};

    /// Whether the label is one that a module confines by: SELinux's always, AppArmor's but for
    /// `unconfined`.
    [[nodiscard]] bool confines() const noexcept { return !label.empty() && label != "unconfined"; }
    /// SELinux's contexts have at least three fields.
    [[nodiscard]] bool label_is_of_selinux() const noexcept {
        const std::size_t first = label.find(':');
        return first != std::string::npos && label.find(':', first + 1) != std::string::npos &&
               label.find(' ') == std::string::npos;
    }
    /// `AppArmor profile docker-default (enforce)`; empty where nothing confines this process.
    [[nodiscard]] std::string confinement() const {
        if (!confines())
            return {};
        return (label_is_of_selinux() ? "SELinux context " : "AppArmor profile ") + label;
    }
};

/// The label in /proc/self/attr/current; empty where there is none. Needs no privilege.
[[nodiscard]] inline std::string read_security_label() {
    constexpr std::string_view end_of_label{"\n\0", 2};
    const auto read = detail::read_text("/proc/self/attr/current");
    return read.has_value() ? read.value().substr(0, read.value().find_first_of(end_of_label))
                            : std::string{};
}

/// Reads /sys/kernel/security/lsm and the label. Needs no privilege; cannot fail.
[[nodiscard]] inline security_modules read_security_modules() {
    auto active = detail::read_text("/sys/kernel/security/lsm");
    return {.active = active.has_value() ? std::move(active.value()) : std::string{},
            .label = read_security_label()};
}

} // namespace ovl
