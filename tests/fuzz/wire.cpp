// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// What ovlprobe's supervising process hears from the probing one: any packet is a message or none, and a message's
// packet is the message again.

#include "expect.hpp"

#include "wire.hpp"

#include <ovl/probe/capability_text.hpp>
#include <ovl/probe/reason_text.hpp>

using ovl_fuzz::expect;

namespace {

/// Looks up what the formats look up.
void describe(const ovl::verdict& verdict) {
    static_cast<void>(ovl::describe(verdict.asked).key);
    static_cast<void>(verdict.why());
}

void describe(const ovlprobe::wire::message& message) {
    if (const auto* const answered = std::get_if<ovlprobe::wire::answered>(&message))
        describe(answered->verdict);
    if (const auto* const finished = std::get_if<ovlprobe::wire::finished>(&message))
        for (const ovl::verdict& each : finished->report.verdicts)
            describe(each);
    if (const auto* const ready = std::get_if<ovlprobe::wire::ready>(&message))
        if (ready->refused.has_value())
            static_cast<void>(ready->refused->line());
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto message = ovlprobe::wire::decode({bytes, size});
    if (!message.has_value())
        return 0;
    describe(*message);
    const auto packet = ovlprobe::wire::encode(*message);
    const auto again = ovlprobe::wire::decode(packet);
    expect(again.has_value(), "a message that was encoded is none");
    expect(again->index() == message->index() && ovlprobe::wire::encode(*again) == packet,
           "a message that was encoded is another");
    return 0;
}
