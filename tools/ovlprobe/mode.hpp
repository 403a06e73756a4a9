// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "arguments.hpp"

#include <ovl/environment/user_namespace.hpp>

#include <variant>

namespace ovlprobe {

/// As what a run asks.
struct mode {
    /// With the user attribute class.
    bool rootless = false;
    /// In a user and mount namespace of its own.
    bool enter = false;
};

/// The mode that the command line and this process's privilege make; else the exit status, once the
/// reason has been printed. `auto` is `rootful` with CAP_SYS_ADMIN in the initial user namespace.
[[nodiscard]] std::variant<mode, int> choose_mode(const arguments& wanted);

} // namespace ovlprobe
