// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// A text of mountinfo: each line that can be read is written again from what was read, and must read as the same.

#include "expect.hpp"

#include <ovl/detail/mountinfo.hpp>
#include <ovl/environment/namespace_facts.hpp>
#include <ovl/mount/option_string.hpp>

using ovl_fuzz::expect;

namespace {

std::string escaped(std::string_view text) {
    std::string field;
    ovl::detail::append_octal(field, text, " \t\n\\");
    return field;
}

std::string written(const ovl::detail::mountinfo_line& line) {
    return std::to_string(line.id) + " " + std::to_string(line.parent) + " 0:1 " +
           escaped(line.root) + " " + escaped(line.mount_point) + " " +
           std::string{line.mount_options} + " shared:1 - " + std::string{line.type} + " " +
           escaped(line.source) + " " + std::string{line.super_options};
}

void check_line(const ovl::detail::mountinfo_line& line) {
    const std::string again = written(line);
    const auto read = ovl::detail::parse_mountinfo_line(again);
    expect(read.has_value(), "a line that was written cannot be read", again);
    expect(read->id == line.id && read->parent == line.parent && read->root == line.root &&
               read->mount_point == line.mount_point && read->source == line.source &&
               read->mount_options == line.mount_options && read->type == line.type &&
               read->super_options == line.super_options,
           "a line that was written reads as another", again);
    if (line.type == "overlay")
        static_cast<void>(
            ovl::parse_mount_options(line.super_options, ovl::option_form::mountinfo));
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto text = ovl_fuzz::text_of(bytes, size);
    bool has_root = false;
    ovl::detail::for_each_mount(text, [&](const ovl::detail::mountinfo_line& line) {
        check_line(line);
        has_root |= line.mount_point == "/";
        return true;
    });
    // Where lines are broken the quick look may see a root where the slow one sees no line.
    if (has_root && text.find('\\') == std::string_view::npos)
        expect(ovl::detail::has_root_mount(text), "a mount on / is overlooked", text);

    const std::string decoded = ovl::detail::decode_octal(text);
    expect(decoded.size() <= text.size(), "decoding grew", text);
    expect(ovl::detail::decode_octal(escaped(text)) == text, "an escape is not undone", text);
    return 0;
}
