// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Changes a lower file's mode, and looks whether the upper one is marked as a copy without data.
/// The mark is empty where it is present (fs/overlayfs/util.c: ovl_check_metacopy_xattr).
struct metacopy_active {
    static constexpr capability asks = capability::metacopy_active;
    static constexpr std::array tree{
        tree_entry{layer_name::lower1, "f", S_IFREG | 0700},
    };

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        auto marked = leaves_metacopy(view);
        if (!marked.has_value())
            return marked.error().error_number == ENOTSUP
                       ? view.no(reason::metacopy_without_xattrs, std::move(marked.error()))
                       : view.could_not(std::move(marked.error()));
        return marked.value() ? view.yes(reason::metacopy_on) : view.no(reason::metacopy_off);
    }

    /// Whether a change of mode leaves the mark. Fails with ENOTSUP where the upper carries no attributes.
    template <policies P>
    [[nodiscard]] static result<bool> leaves_metacopy(const merged_view<P>& view) {
        if (auto changed = view.set_mode("f", 0600); !changed.has_value())
            return fail(std::move(changed.error()));
        auto mark = view.template upper_mark<"metacopy">("f");
        if (!mark.has_value())
            return fail(std::move(mark.error()));
        return mark.value().has_value();
    }
};

/// Whether a change of metadata alone would leave a copy without data in `where`. `extra` are the
/// runtime's own mount options. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict using_metacopy(const directory& where, const mount_options& extra = {},
                                     const P& set = {}) {
    return run<P, metacopy_active>(where, extra, set).front();
}

} // namespace ovl
