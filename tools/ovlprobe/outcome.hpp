// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/kernel.hpp>
#include <ovl/environment/namespace_refusal.hpp>
#include <ovl/environment/user_namespace.hpp>
#include <ovl/report/recommend.hpp>
#include <ovl/report/report.hpp>

#include <optional>
#include <string>
#include <vector>

namespace ovlprobe {

/// Where the answers are from.
struct environment {
    ovl::kernel_facts kernel{};
    bool rootless = false;
    /// Of the probing process; none where /proc cannot be read.
    std::optional<ovl::user_namespace_facts> user_namespace{};
    /// Whether that process entered it itself.
    bool entered = false;
    /// Why it could not be entered.
    std::optional<ovl::namespace_refusal> refused{};
};

/// What became of one DIR.
struct outcome {
    /// As it was typed.
    std::string path{};
    /// Why it cannot be asked about: it is missing, no directory, or closed to this user.
    std::optional<ovl::failure> unusable{};
    ovl::report report{};
};

/// All that a format writes.
struct findings {
    environment where{};
    /// Of the directories that could be asked about.
    std::vector<outcome> outcomes{};
};

} // namespace ovlprobe
