// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// The probes of what hides a lower entry: two forms of whiteout, and the opaque mark
/// (Documentation/filesystems/overlayfs.rst, whiteouts and opaque directories).
namespace detail {

/// Whether an entry that lies in the lower of two layers is hidden by what the upper of them holds.
template <policies P>
[[nodiscard]] verdict expect_hidden(const merged_view<P>& view, std::string_view path) {
    const auto shown = view.shows(path);
    if (!shown.has_value())
        return view.could_not(shown.error());
    return shown.value() ? view.no(reason::not_hidden) : view.yes(reason::hidden);
}

/// A layer that refuses the mark, which a failure names as its subject, is an answer; that it refuses
/// an entry like any other is none, nor is a mount that is refused.
[[nodiscard]] inline verdict mark_refused(capability asked, failure what, std::string_view mark,
                                          const backing_filesystem& filesystem) {
    return what.where == step::build_layers && what.subject.ends_with(mark) &&
                   !filesystem.is_overlay()
               ? give(asked, answer::no, reason::mark_refused, std::move(what))
               : could_not(asked, std::move(what), filesystem);
}

} // namespace detail

/// A character device 0:0.
struct whiteout_device {
    static constexpr capability asks = capability::whiteout_device;
    static constexpr bool any_class = true;
    static constexpr std::array tree{
        tree_entry{.where = layer_name::lower1, .path = "f", .mode = S_IFREG | 0644},
        tree_entry{.where = layer_name::lower2, .path = "f", .mode = S_IFCHR},
    };
    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        return detail::expect_hidden(view, "f");
    }
    [[nodiscard]] static verdict refused(failure what, bool, const backing_filesystem& filesystem) {
        return detail::mark_refused(asks, std::move(what), "lower2/whiteout-device.f",
                                    filesystem);
    }
};

/// An empty file with the whiteout attribute, in a directory whose opaque mark says that it holds such.
struct whiteout_xattr {
    static constexpr capability asks = capability::whiteout_xattr;
    static constexpr std::array tree{
        tree_entry{.where = layer_name::lower1, .path = "d", .mode = S_IFDIR | 0755},
        tree_entry{.where = layer_name::lower1, .path = "d/f", .mode = S_IFREG | 0644},
        tree_entry{.where = layer_name::lower2,
                   .path = "d",
                   .mode = S_IFDIR | 0755,
                   .xattr = "opaque",
                   .xattr_value = "x"},
        tree_entry{.where = layer_name::lower2,
                   .path = "d/f",
                   .mode = S_IFREG | 0644,
                   .xattr = "whiteout"},
    };
    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        return detail::expect_hidden(view, "d/f");
    }
    [[nodiscard]] static verdict refused(failure what, bool, const backing_filesystem& filesystem) {
        const bool opaque = what.subject.ends_with(".opaque");
        return detail::mark_refused(asks, std::move(what), opaque ? ".opaque" : ".whiteout",
                                    filesystem);
    }
};

/// A directory marked opaque.
struct opaque_directory {
    static constexpr capability asks = capability::opaque;
    static constexpr std::array tree{
        tree_entry{.where = layer_name::lower1, .path = "d", .mode = S_IFDIR | 0755},
        tree_entry{.where = layer_name::lower1, .path = "d/f", .mode = S_IFREG | 0644},
        tree_entry{.where = layer_name::lower2,
                   .path = "d",
                   .mode = S_IFDIR | 0755,
                   .xattr = "opaque",
                   .xattr_value = "y"},
    };
    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        return detail::expect_hidden(view, "d/f");
    }
    [[nodiscard]] static verdict refused(failure what, bool, const backing_filesystem& filesystem) {
        return detail::mark_refused(asks, std::move(what), ".opaque", filesystem);
    }
};

/// Whether a character device 0:0 hides a lower file in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_whiteout_device(const directory& where,
                                                   const mount_options& extra = {},
                                                   const P& set = {}) {
    return run<P, whiteout_device>(where, extra, set).front();
}

/// Whether an empty file with the whiteout attribute hides a lower file in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_whiteout_xattr(const directory& where,
                                                  const mount_options& extra = {},
                                                  const P& set = {}) {
    return run<P, whiteout_xattr>(where, extra, set).front();
}

/// Whether the opaque mark hides a lower directory in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_opaque(const directory& where, const mount_options& extra = {},
                                          const P& set = {}) {
    return run<P, opaque_directory>(where, extra, set).front();
}

} // namespace ovl
