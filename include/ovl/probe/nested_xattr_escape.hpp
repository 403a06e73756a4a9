// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Sets the opaque mark in the merged view, and looks for it under the escaped name in the upper layer
/// (Documentation/filesystems/overlayfs.rst, Nesting overlayfs mounts).
struct nested_xattr_escape {
    static constexpr capability asks = capability::nested_xattr_escape;
    static constexpr std::array tree{
        tree_entry{.where = layer_name::lower1, .path = "d", .mode = S_IFDIR | 0755},
    };

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        if (auto marked = view.template set_mark<"opaque">("d", "y"); !marked.has_value()) {
            const int error = marked.error().error_number;
            return error == EPERM || error == EOPNOTSUPP
                       ? view.no(reason::mark_not_escaped, std::move(marked.error()))
                       : view.could_not(std::move(marked.error()));
        }
        const auto escaped = view.template upper_mark<"overlay.opaque">("d");
        if (!escaped.has_value())
            return view.could_not(escaped.error());
        return escaped.value() == "y" ? view.yes(reason::mark_escaped)
                                      : view.no(reason::mark_not_escaped);
    }
};

/// Whether overlayfs's own marks can be stored through an overlay in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_nested_xattr_escape(const directory& where,
                                                       const mount_options& extra = {},
                                                       const P& set = {}) {
    return run<P, nested_xattr_escape>(where, extra, set).front();
}

} // namespace ovl
