// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// What statmount(2) writes of a mount's options, any part of it broken or cut short.

#include "expect.hpp"

#include <ovl/mount/effective_options.hpp>

using ovl_fuzz::expect;

namespace {

void set(std::string& reply, std::size_t at, const auto& number) {
    std::memcpy(reply.data() + at, &number, sizeof number);
}

/// A whole reply with these options, each ended by a NUL.
std::string reply_with(std::string_view options, std::uint32_t count) {
    namespace kernel = ovl::detail;
    std::string reply(kernel::statmount_strings_at, '\0');
    set(reply, offsetof(kernel::statmount_head, mask), kernel::statmount_opt_array);
    set(reply, kernel::statmount_opt_num_at, count);
    return reply.append(options);
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto text = ovl_fuzz::text_of(bytes, size);
    const auto parser = [] { return ovl::detail::option_parser{ovl::option_form::mount}; };
    static_cast<void>(ovl::detail::read_statmount_reply(text, parser()));

    const auto count = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\0'));
    const auto whole = ovl::detail::read_statmount_reply(reply_with(text, count), parser());
    auto one_by_one = parser();
    bool taken = true;
    auto rest = text;
    for (std::uint32_t i = 0; i != count && taken; ++i) {
        taken = one_by_one.take(rest.substr(0, rest.find('\0'))).has_value();
        rest.remove_prefix(rest.find('\0') + 1);
    }
    expect(whole.has_value() == taken, "an option is overlooked, or made up", text);
    expect(!taken || *whole == one_by_one.options(), "the options differ", text);
    expect(!ovl::detail::read_statmount_reply(reply_with(text, count + 1), parser()).has_value(),
           "an option beyond the end is read", text);
    return 0;
}
