// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// Options made from members of any content, as a runtime makes them: printed, they read back as the same, or are
// refused. The input is lines; the first character of a line says what the rest is.

#include "expect.hpp"

#include <ovl/mount/option_print.hpp>
#include <ovl/mount/option_string.hpp>

using ovl_fuzz::expect;

namespace {

template <class Value>
void choose(Value& where, std::string_view text, unsigned count) {
    if (!text.empty())
        where = static_cast<Value>(static_cast<unsigned char>(text[0]) % count);
}

void take(ovl::mount_options& options, char kind, std::string_view text) {
    switch (kind) {
    case 'l':
        return static_cast<void>(options.lowerdir.emplace_back(text));
    case 'd':
        return static_cast<void>(options.datadir.emplace_back(text));
    case 'u':
        options.upperdir = ovl::layer_source{text};
        return;
    case 'w':
        options.workdir = ovl::layer_source{text};
        return;
    case 'c':
        return options.others.push_back({"context", std::string{text}});
    case 'f':
        return options.others.push_back({.name = "fs" + std::string{text}});
    case 'n':
        return options.others.push_back({.name = std::string{text}});
    case '=':
        return options.others.push_back({std::string{text.substr(0, text.find('='))},
                                         std::string{text.substr(text.find('=') + 1)}});
    case 'r':
        return choose(options.redirect_dir, text, 5);
    case 'x':
        return choose(options.xino, text, 4);
    case 'i':
        return choose(options.uuid, text, 5);
    case 'v':
        return choose(options.verity, text, 4);
    case 'o':
        return choose(options.override_creds, text, 3);
    case 'V':
        options.is_volatile = true;
        return;
    case 'a':
        options.attributes.read_only = true;
        options.attributes.atime = ovl::atime_mode::noatime;
        return;
    default:
        return;
    }
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    auto text = ovl_fuzz::text_of(bytes, size);
    ovl::mount_options options;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (!line.empty())
            take(options, line[0], line.substr(1));
    }
    for (const auto form :
         {ovl::option_form::mount, ovl::option_form::fstab, ovl::option_form::mountinfo}) {
        const auto printed = ovl::print_mount_options(options, form);
        if (!printed.has_value())
            continue;
        const auto read = ovl::parse_mount_options(printed.value(), form);
        expect(read.has_value(), "what was printed cannot be read", printed.value());
        expect(read.value() == options, "what was printed reads as something else",
               printed.value());
    }
    return 0;
}
