// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Looks for the identity that a mount with uuid=on keeps on the upper directory itself
/// (Documentation/filesystems/overlayfs.rst, UUID and fsid).
struct uuid_option {
    static constexpr capability asks = capability::uuid;
    static constexpr std::array<tree_entry, 0> tree{};
    static constexpr bool combinable = true;
    [[nodiscard]] static mount_options options() { return {.uuid = uuid_mode::on}; }

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        const auto kept = read_xattr(view.set().fs, view.scratch(), name(layer_name::upper),
                                     overlay_xattr<typename P::xattr_class, "uuid">);
        if (!kept.has_value())
            return view.could_not(failure{kept.error()}.at(step::observe));
        return kept.value().has_value() ? view.yes(reason::option_works)
                                        : view.no(reason::uuid_not_kept);
    }
};

/// Whether uuid=on is accepted and effective in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_uuid(const directory& where, const mount_options& extra = {},
                                        const P& set = {}) {
    return run<P, uuid_option>(where, extra, set).front();
}

} // namespace ovl
