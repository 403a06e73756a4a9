// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// The question of metacopy_active, put to a mount with metacopy=on.
struct metacopy_option {
    static constexpr capability asks = capability::metacopy;
    static constexpr auto& tree = metacopy_active::tree;
    [[nodiscard]] static mount_options options() { return {.metacopy = toggle::on}; }

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        auto marked = metacopy_active::leaves_metacopy(view);
        if (!marked.has_value())
            return marked.error().error_number == ENOTSUP
                       ? view.no(reason::metacopy_without_xattrs, std::move(marked.error()))
                       : view.could_not(std::move(marked.error()));
        return marked.value() ? view.yes(reason::option_works)
                              : view.no(reason::option_without_effect);
    }
};

/// Whether metacopy=on would work in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_metacopy(const directory& where, const mount_options& extra = {},
                                            const P& set = {}) {
    return run<P, metacopy_option>(where, extra, set).front();
}

} // namespace ovl
