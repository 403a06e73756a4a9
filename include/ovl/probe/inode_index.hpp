// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Looks for the directory `index` in the workdir: overlayfs makes it where the index is on
/// (fs/overlayfs/super.c: ovl_get_indexdir), and nowhere else tells that it was dropped.
struct index_active {
    static constexpr capability asks = capability::index_active;
    static constexpr bool any_class = true;
    static constexpr std::array<tree_entry, 0> tree{};

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        const auto indexed = view.work_has("index");
        if (!indexed.has_value())
            return view.could_not(indexed.error());
        return indexed.value() ? view.yes(reason::state_on) : view.no(reason::state_off);
    }
};

/// The same, put to a mount with index=on.
struct index_option {
    static constexpr capability asks = capability::index;
    static constexpr bool any_class = true;
    static constexpr std::array<tree_entry, 0> tree{};
    static constexpr bool combinable = true;
    [[nodiscard]] static mount_options options() { return {.index = toggle::on}; }

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        const auto indexed = view.work_has("index");
        if (!indexed.has_value())
            return view.could_not(indexed.error());
        return indexed.value() ? view.yes(reason::option_works)
                               : view.no(reason::option_without_effect);
    }
};

/// Whether the inode index is on by default in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict using_index(const directory& where, const mount_options& extra = {},
                                  const P& set = {}) {
    return run<P, index_active>(where, extra, set).front();
}

/// Whether index=on is accepted and effective in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_index(const directory& where, const mount_options& extra = {},
                                         const P& set = {}) {
    return run<P, index_option>(where, extra, set).front();
}

} // namespace ovl
