// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/replace_directory.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Does in a writable overlay what every container does. A mount that succeeds proves nothing by itself: it may
/// have come up read-only (EROFS), and where overlayfs cannot mark an entry opaque, replacing a lower directory is EIO.
struct writable_mount {
    static constexpr capability asks = capability::mount;
    static constexpr std::array tree{
        detail::directory_to_replace,
        tree_entry{
            .where = layer_name::lower1, .path = "f", .mode = S_IFREG | 0644, .content = "data"},
        tree_entry{.where = layer_name::lower1, .path = "g", .mode = S_IFREG | 0644},
    };

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        if (auto made = view.make_file("new", 0644); !made.has_value())
            return view.could_not(std::move(made.error()));
        if (auto changed = view.set_mode("f", 0600); !changed.has_value())
            return view.could_not(std::move(changed.error()));
        const auto copied = view.content("f");
        if (!copied.has_value())
            return view.could_not(copied.error());
        if (copied.value() != "data")
            return view.no(reason::copy_up_lost_data);
        if (auto removed = view.remove_file("g"); !removed.has_value())
            return view.could_not(std::move(removed.error()));
        const auto still = view.shows("g");
        if (!still.has_value())
            return view.could_not(still.error());
        if (still.value())
            return view.no(reason::deletion_still_listed);
        return detail::replace_directory(view, overlay_xattr<typename P::xattr_class, "opaque">,
                                         reason::writable_mount_works);
    }

    /// A refusal of the mount is the answer here.
    [[nodiscard]] static verdict refused(failure what, bool, const backing_filesystem& filesystem) {
        const reason because = reason_of(what, filesystem);
        return what.where == step::mount ? give(asks, answer::no, because, std::move(what))
                                         : could_not(asks, std::move(what), filesystem);
    }
};

/// Whether a writable overlay can be mounted in `where`, and works. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict can_mount_overlay(const directory& where, const mount_options& extra = {},
                                        const P& set = {}) {
    return run<P, writable_mount>(where, extra, set).front();
}

} // namespace ovl
