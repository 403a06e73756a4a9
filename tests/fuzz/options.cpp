// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// The first byte chooses the form in which the rest is read as options. What was read is printed in every form, and
// must read back as the same; only what print_mount_options documents may be refused.

#include "expect.hpp"

#include <ovl/mount/option_print.hpp>
#include <ovl/mount/option_rules.hpp>
#include <ovl/mount/option_string.hpp>

#include <algorithm>

using ovl_fuzz::expect;

namespace {

constexpr ovl::option_form forms[] = {ovl::option_form::mount, ovl::option_form::fstab,
                                      ovl::option_form::mountinfo};

bool may_be_refused(const ovl::mount_options& options) {
    const auto unsayable = [](const ovl::other_option& other) {
        return other.value.has_value() && (other.value->find('"') != std::string::npos ||
                                           other.value->ends_with('\\'));
    };
    return (options.lowerdir.empty() && !options.datadir.empty()) ||
           std::any_of(options.others.begin(), options.others.end(), unsayable);
}

void print_and_read_back(const ovl::mount_options& options, ovl::option_form form) {
    const auto printed = ovl::print_mount_options(options, form);
    if (!printed.has_value())
        return expect(may_be_refused(options), "it cannot be printed", printed.error().subject);
    const auto read = ovl::parse_mount_options(printed.value(), form);
    expect(read.has_value(), "what was printed cannot be read", printed.value());
    expect(read.value() == options, "what was printed reads as something else", printed.value());
    if (form == ovl::option_form::fstab)
        expect(printed.value().find_first_of(" \t\n") == std::string::npos,
               "a blank would end the field", printed.value());
    if (form == ovl::option_form::mountinfo)
        expect(printed.value().find_first_of(" \n") == std::string::npos,
               "a blank would end the field", printed.value());
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0)
        return 0;
    const auto form = forms[bytes[0] % std::size(forms)];
    const auto text = ovl_fuzz::text_of(bytes + 1, size - 1);
    const auto read = ovl::parse_mount_options(text, form);
    if (!read.has_value()) {
        expect(read.error().error_number == EINVAL && !read.error().explanation.empty(),
               "a refusal without a reason");
        return 0;
    }
    for (const auto& each : ovl::detail::views_of(read.value().lowerdir))
        expect(!each.path.empty(), "an empty layer");
    static_cast<void>(ovl::check_options(read.value()));
    for (const auto out : forms)
        print_and_read_back(read.value(), out);
    return 0;
}
