// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/posix_fs.hpp>
#include <ovl/policy/xattr.hpp>
#include <ovl/policy/xattr_namespace.hpp>

#include <optional>
#include <string>
#include <sys/stat.h>

/// What overlayfs keeps in a layer: whiteouts, opaque directories, redirects, metacopy. Entries are
/// named below an open directory of the layer itself, never of a merged view.
namespace ovl {

/// What an entry of a layer is to overlayfs.
struct layer_entry {
    /// It hides what has its name below.
    bool whiteout = false;
    /// A directory that hides what lies below it.
    bool opaque = false;
    /// A directory that may hold whiteouts in the form of extended attributes (Linux 6.7).
    bool holds_xattr_whiteouts = false;
    /// A file that has its data in another layer.
    bool metacopy = false;
    /// The name it had below: of the same directory, or absolute from the layer's root.
    std::optional<std::string> redirect{};

    friend bool operator==(const layer_entry&, const layer_entry&) = default;
};

/// Whether an inode is a whiteout as a device: a character device 0/0, of any mode.
[[nodiscard]] inline bool is_whiteout_device(const struct stat& status) noexcept {
    return S_ISCHR(status.st_mode) && status.st_rdev == 0;
}

/// Makes a whiteout as a device: mknod(2) of 0/0, which needs no capability from Linux 5.8. EPERM
/// in a merged view, and on filesystems that allow no devices in a user namespace.
template <filesystem_operations F = posix_fs>
[[nodiscard]] result<void> make_whiteout(int at, const char* name, const F& fs = {}) {
    auto made = fs.make_node(at, name, S_IFCHR);
    if (!made.has_value())
        return fail(std::move(made.error()).at(step::build_layers).on(name));
    return {};
}

/// Makes a whiteout as an empty file with an attribute (Linux 6.7), in the directory open as `at`,
/// which is marked to hold such. A kernel before that takes it for a file. Where the mark fails
/// nothing stays.
template <xattr_namespace X, filesystem_operations F = posix_fs>
[[nodiscard]] result<void> make_xattr_whiteout(int at, const char* name, const F& fs = {}) {
    auto made = fs.make_node(at, name, S_IFREG | 0600);
    if (!made.has_value())
        return fail(std::move(made.error()).at(step::build_layers).on(name));
    made = fs.set_xattr(at, name, overlay_xattr<X, "whiteout">, "y");
    if (made.has_value())
        made = fs.set_xattr(at, ".", overlay_xattr<X, "opaque">, "x");
    if (made.has_value())
        return made;
    static_cast<void>(fs.remove_file(at, name));
    return fail(std::move(made.error()).at(step::build_layers).on(name));
}

/// Marks a directory opaque.
template <xattr_namespace X, filesystem_operations F = posix_fs>
[[nodiscard]] result<void> make_opaque(int at, const char* name, const F& fs = {}) {
    auto made = fs.set_xattr(at, name, overlay_xattr<X, "opaque">, "y");
    if (!made.has_value())
        return fail(std::move(made.error()).at(step::build_layers).on(name));
    return made;
}

/// Tells what an entry is. Marks of the trusted class read as absent without CAP_SYS_ADMIN in the
/// initial user namespace. Fails with the errno of fstatat(2) or lgetxattr(2); a filesystem without
/// extended attributes has no marks.
template <xattr_namespace X, filesystem_operations F = posix_fs>
[[nodiscard]] result<layer_entry> read_layer_entry(int at, const char* name, const F& fs = {}) {
    const auto status = fs.status(at, name);
    if (!status.has_value())
        return fail(failure{status.error()}.at(step::observe).on(name));
    layer_entry entry{.whiteout = is_whiteout_device(status.value())};
    const mode_t mode = status.value().st_mode;
    if (!S_ISDIR(mode) && !S_ISREG(mode))
        return entry;
    std::optional<failure> failed;
    const auto read = [&](const char* attribute) -> std::optional<std::string> {
        auto value = read_xattr(fs, at, name, attribute);
        if (value.has_value())
            return std::move(value.value());
        if (value.error().error_number != ENOTSUP)
            failed = std::move(value.error());
        return std::nullopt;
    };
    if (S_ISDIR(mode)) {
        const auto opaque = read(overlay_xattr<X, "opaque">);
        entry.opaque = opaque == "y";
        entry.holds_xattr_whiteouts = opaque == "x";
    } else {
        entry.metacopy = read(overlay_xattr<X, "metacopy">).has_value();
        entry.whiteout =
            status.value().st_size == 0 && read(overlay_xattr<X, "whiteout">).has_value();
    }
    entry.redirect = read(overlay_xattr<X, "redirect">);
    if (failed)
        return fail(std::move(*failed).at(step::observe));
    return entry;
}

} // namespace ovl
