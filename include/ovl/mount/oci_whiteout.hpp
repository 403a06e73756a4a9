// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/whiteout.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

/// The names by which OCI image layers, and AUFS before them, say what overlayfs says with devices
/// and attributes (image-spec, layer.md, Whiteouts).
namespace ovl {

inline constexpr std::string_view oci_whiteout_prefix = ".wh.";
inline constexpr std::string_view oci_opaque_name = ".wh..wh..opq";

/// What a name in an image layer stands for.
enum class oci_entry : std::uint8_t {
    /// Itself.
    ordinary,
    /// `.wh.NAME`: NAME is hidden.
    whiteout,
    /// `.wh..wh..opq`: the directory it lies in is opaque.
    opaque,
    /// `.wh..wh.` and more: kept by AUFS for itself, and no part of an image's content.
    reserved,
};

[[nodiscard]] constexpr oci_entry classify_oci_name(std::string_view name) noexcept {
    if (!name.starts_with(oci_whiteout_prefix))
        return oci_entry::ordinary;
    if (name == oci_opaque_name)
        return oci_entry::opaque;
    const std::string_view hidden = name.substr(oci_whiteout_prefix.size());
    if (hidden.starts_with(oci_whiteout_prefix))
        return oci_entry::reserved;
    return hidden.empty() ? oci_entry::reserved : oci_entry::whiteout;
}

namespace detail {

inline constexpr std::size_t longest_name = 255;

[[nodiscard]] inline tl::unexpected<failure> bad_oci_name(std::string_view name, int error,
                                                          std::string rule) {
    return fail({.where = step::build_layers,
                 .call = "convert",
                 .error_number = error,
                 .subject = std::string{name},
                 .explanation = std::move(rule)});
}

} // namespace detail

/// Turns what an image layer says into what overlayfs reads: `.wh.NAME` in the directory open as
/// `at` becomes the whiteout NAME, `.wh..wh..opq` makes the directory opaque; the `.wh.` file, if
/// one was unpacked, is removed. EINVAL for names that say neither, for `.wh..` and `.wh...`, which
/// would hide `.` and `..`, and for names with a slash or a NUL; EEXIST where the layer holds NAME
/// itself.
template <xattr_namespace X, filesystem_operations F = posix_fs>
[[nodiscard]] result<void> from_oci(int at, std::string_view name, const F& fs = {}) {
    const oci_entry kind = classify_oci_name(name);
    const std::string marker{name};
    if (kind != oci_entry::whiteout && kind != oci_entry::opaque)
        return detail::bad_oci_name(name, EINVAL, "neither .wh.NAME nor .wh..wh..opq");
    const std::string hidden{name.substr(oci_whiteout_prefix.size())};
    if (kind == oci_entry::whiteout &&
        (hidden == "." || hidden == ".." ||
         hidden.find('/') != std::string::npos || hidden.find('\0') != std::string::npos))
        return detail::bad_oci_name(name, EINVAL, "it would hide something outside its directory");
    auto made = kind == oci_entry::opaque ? make_opaque<X>(at, ".", fs)
                                          : make_whiteout(at, hidden.c_str(), fs);
    if (!made.has_value())
        return made;
    auto removed = fs.remove_file(at, marker.c_str());
    if (!removed.has_value() && removed.error().error_number != ENOENT)
        return fail(std::move(removed.error()).at(step::build_layers).on(name));
    return {};
}

/// Turns an entry of an overlay's layer into what an image layer says: a whiteout NAME, of either
/// form, becomes an empty file `.wh.NAME`; an opaque directory gets a `.wh..wh..opq` in it, and
/// loses nothing. Gives whether there was anything to turn. ENAMETOOLONG where `.wh.NAME` has more
/// than 255 bytes, which an image layer cannot say; ENOTSUP for redirects and metacopy files, which
/// it cannot either.
template <xattr_namespace X, filesystem_operations F = posix_fs>
[[nodiscard]] result<bool> to_oci(int at, const char* name, const F& fs = {}) {
    auto entry = read_layer_entry<X>(at, name, fs);
    if (!entry.has_value())
        return fail(std::move(entry.error()));
    if (entry.value().redirect || entry.value().metacopy)
        return detail::bad_oci_name(name, ENOTSUP,
                                    "an image layer cannot say that data or a name lies in another "
                                    "layer; mount without redirect_dir and metacopy");
    if (entry.value().opaque) {
        auto opened = fs.open_directory(at, name);
        if (!opened.has_value())
            return fail(std::move(opened.error()).at(step::build_layers).on(name));
        auto made = fs.make_node(opened.value().get(), std::string{oci_opaque_name}.c_str(),
                                 S_IFREG | 0644);
        if (!made.has_value() && made.error().error_number != EEXIST)
            return fail(std::move(made.error()).at(step::build_layers).on(name));
        return true;
    }
    if (!entry.value().whiteout)
        return false;
    const std::string marker = std::string{oci_whiteout_prefix} + name;
    if (marker.size() > detail::longest_name)
        return detail::bad_oci_name(name, ENAMETOOLONG,
                                    "with .wh. before it the name has more than 255 bytes");
    auto made = fs.make_node(at, marker.c_str(), S_IFREG | 0644);
    if (made.has_value())
        made = fs.remove_file(at, name);
    if (!made.has_value())
        return fail(std::move(made.error()).at(step::build_layers).on(name));
    return true;
}

} // namespace ovl
