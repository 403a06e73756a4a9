// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/bounded_text.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <string>
#include <string_view>

namespace ovl {

/// What a layer is to the overlay: the kernel unescapes differently for each.
enum class layer_role : unsigned char { lowerdir, upperdir, workdir, appended };

/// How options reach the kernel.
enum class mount_interface : unsigned char {
    /// fsconfig(2): one key and value a call.
    fsconfig,
    /// mount(2): one string, split at commas.
    mount_string,
};

/// The bytes that a backslash must precede. Measured on Linux 6.18; fs/overlayfs/params.c:
/// ovl_parse_param_split_lowerdirs unescapes `lowerdir`, ovl_unescape the others, and what follows
/// `lowerdir+` and `datadir+` is taken raw.
[[nodiscard]] constexpr std::string_view escaped_bytes(mount_interface through,
                                                       layer_role role) noexcept {
    if (role == layer_role::appended)
        return "";
    if (through == mount_interface::mount_string)
        return role == layer_role::lowerdir ? "\\,:" : "\\,";
    return role == layer_role::lowerdir ? "\\:" : "\\";
}

/// Whether a path can be said at all: after `lowerdir+=` in a mount(2) string a comma cannot.
[[nodiscard]] constexpr bool expressible(mount_interface through, layer_role role,
                                         std::string_view path) noexcept {
    return !(through == mount_interface::mount_string && role == layer_role::appended &&
             path.find(',') != std::string_view::npos);
}

/// Appends `path` to `text`, a string or a bounded_text, escaped for the interface and the role.
template <class Text>
void append_escaped(Text& text, std::string_view path, mount_interface through, layer_role role) {
    const std::string_view special = escaped_bytes(through, role);
    if (special.empty() || path.find_first_of(special) == std::string_view::npos) {
        text.append(path);
        return;
    }
    for (const char byte : path) {
        if (special.find(byte) != std::string_view::npos)
            text.append("\\");
        text.append(std::string_view{&byte, 1});
    }
}

/// Appends a layer's path, escaped; one that is given by descriptor is named through
/// /proc/self/fd, so that no part of the path that led to it matters.
template <class Text>
void append_layer(Text& text, const layer& what, mount_interface through, layer_role role) {
    if (what.at == AT_FDCWD) {
        append_escaped(text, what.path, through, role);
        return;
    }
    text.append("/proc/self/fd/");
    text.append(
        detail::bounded_text<20>{}.append_number(static_cast<unsigned long>(what.at)).view());
    if (!what.path.empty()) {
        text.append("/");
        append_escaped(text, what.path, through, role);
    }
}

/// Appends the value of `lowerdir`: the layers from the top down, then the data-only ones behind
/// `::`.
template <class Text>
void append_lowerdir(Text& text, const mount_request& request, mount_interface through) {
    std::string_view separator;
    for (const layer& lower : request.lower) {
        text.append(separator);
        append_layer(text, lower, through, layer_role::lowerdir);
        separator = ":";
    }
    for (const layer& data : request.data) {
        text.append("::");
        append_layer(text, data, through, layer_role::lowerdir);
    }
}

/// The same as a string of its own.
[[nodiscard]] inline std::string lowerdir_value(const mount_request& request,
                                                mount_interface through) {
    std::string text;
    append_lowerdir(text, request, through);
    return text;
}

} // namespace ovl
