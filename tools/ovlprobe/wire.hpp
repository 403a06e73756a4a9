// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

/// What the probing process tells the supervising one: one message a packet, in CBOR, which keeps
/// strings that are not UTF-8 as they are.
namespace ovlprobe::wire {

/// The process has its namespaces, or was refused them.
struct ready {
    std::optional<ovl::user_namespace_facts> user_namespace{};
    std::optional<ovl::namespace_refusal> refused{};
};

/// The DIR with this index is next.
struct began {
    std::size_t index = 0;
};

/// An answer about the DIR that is on.
struct answered {
    ovl::verdict verdict{};
};

/// The DIR with this index is done.
struct finished {
    std::size_t index = 0;
    std::optional<ovl::failure> unusable{};
    ovl::report report{};
};

using message = std::variant<ready, began, answered, finished>;

/// The packet that a message is sent as.
[[nodiscard]] std::vector<std::uint8_t> encode(const message& what);

/// The message in a packet; none where it is not one that `encode` makes.
[[nodiscard]] std::optional<message> decode(std::span<const std::uint8_t> packet);

/// Sends one message; false where nobody listens any more.
bool send(int channel, const message& what);

/// Receives one message; none at the end, also where the sender was killed in the middle, and where
/// what comes is no message.
[[nodiscard]] std::optional<message> receive(int channel);

} // namespace ovlprobe::wire
