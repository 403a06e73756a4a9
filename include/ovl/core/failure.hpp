// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace ovl {

/// The stage at which a call was made. `name(step)` gives the stable spelling.
enum class step : std::uint8_t {
    open_directory,
    read_facts,
    check_options,
    create_scratch,
    sweep_scratch,
    build_layers,
    enter_namespace,
    mount,
    act,
    observe,
    unmount,
    remove_scratch,
};

/// The stable kebab-case name of a step, as it stands in JSON.
[[nodiscard]] constexpr std::string_view name(step where) noexcept {
    switch (where) {
    case step::open_directory:
        return "open-directory";
    case step::read_facts:
        return "read-facts";
    case step::check_options:
        return "check-options";
    case step::create_scratch:
        return "create-scratch";
    case step::sweep_scratch:
        return "sweep-scratch";
    case step::build_layers:
        return "build-layers";
    case step::enter_namespace:
        return "enter-namespace";
    case step::mount:
        return "mount";
    case step::act:
        return "act";
    case step::observe:
        return "observe";
    case step::unmount:
        return "unmount";
    case step::remove_scratch:
        return "remove-scratch";
    }
    return "";
}

/// One system call and how it ended: what `result` carries, and what a verdict shows as evidence.
struct failure {
    step where = step::act;
    /// The system call's name; static storage.
    std::string_view call{};
    /// errno as the call left it; 0 where the call succeeded and what it saw is the evidence.
    int error_number = 0;
    /// What the call was made on: a path, an option, an extended attribute and its value.
    std::string subject{};
    /// The kernel's own words from the mount context, where it had any.
    std::string kernel_message{};
    /// The rule that was broken or the limit that was hit, and what would lift it, where ovl knows.
    std::string explanation{};

    /// The same failure, placed in a stage.
    [[nodiscard]] failure at(step stage) && {
        where = stage;
        return std::move(*this);
    }
    /// The same failure, naming what the call was made on.
    [[nodiscard]] failure on(std::string_view what) && {
        subject = what;
        return std::move(*this);
    }
    friend bool operator==(const failure&, const failure&) = default;
};

} // namespace ovl
