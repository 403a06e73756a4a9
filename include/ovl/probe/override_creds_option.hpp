// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Mounts with override_creds, and writes. The option shows nowhere (fs/overlayfs/params.c), so that its being
/// known is what can be told.
struct override_creds_option {
    static constexpr capability asks = capability::override_creds;
    static constexpr bool any_class = true;
    static constexpr std::array<tree_entry, 0> tree{};
    static constexpr bool combinable = true;
    [[nodiscard]] static mount_options options() { return {.override_creds = toggle::on}; }

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        return view.yes(reason::option_works);
    }
};

/// Whether override_creds is accepted in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_override_creds(const directory& where,
                                                  const mount_options& extra = {},
                                                  const P& set = {}) {
    return run<P, override_creds_option>(where, extra, set).front();
}

} // namespace ovl
