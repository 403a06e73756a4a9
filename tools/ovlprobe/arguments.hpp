// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "backend_kind.hpp"

#include <ovl/mount/mount_options.hpp>
#include <ovl/probe/verdict.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ovlprobe {

enum class format : std::uint8_t { text, json, nfd, prometheus };
enum class mode_choice : std::uint8_t { automatic, rootful, rootless };
enum class colour_choice : std::uint8_t { automatic, always, never };

/// One item of --require: a capability, and the answer it must have.
struct requirement {
    ovl::capability which;
    ovl::answer expected;
};

/// The command line, checked.
struct arguments {
    std::vector<std::string> directories{};
    format as = format::text;
    mode_choice mode = mode_choice::automatic;
    backend_kind backend = backend_kind::automatic;
    ovl::mount_options extra{};
    std::vector<requirement> required{};
    /// What to ask, in the order of ovl::capability_texts.
    std::vector<ovl::capability> asked{};
    /// Whether --only chose it.
    bool chosen = false;
    bool no_mount = false;
    bool force = false;
    std::chrono::milliseconds timeout{10'000};
    bool recommend = false;
    std::optional<std::string> output{};
    /// Ask again so long after an answer, for ever.
    std::optional<std::chrono::milliseconds> every{};
    bool quiet = false;
    colour_choice colour = colour_choice::automatic;
    bool list = false;
    std::optional<ovl::capability> explain{};
};

/// Reads the command line; else the exit status, once help, version or one clear line on standard
/// error has been printed.
[[nodiscard]] std::variant<arguments, int> parse_arguments(int argc, char** argv);

} // namespace ovlprobe
