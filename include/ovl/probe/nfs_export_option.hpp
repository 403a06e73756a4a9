// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Encodes a file handle in the merged view of a mount with nfs_export=on: without it overlayfs has no handles
/// that can be decoded (EOPNOTSUPP). Documentation/filesystems/overlayfs.rst, NFS export.
struct nfs_export_option {
    static constexpr capability asks = capability::nfs_export;
    static constexpr bool any_class = true;
    static constexpr std::array tree{
        tree_entry{.where = layer_name::lower1, .path = "f", .mode = S_IFREG | 0644},
    };
    [[nodiscard]] static mount_options options() { return {.nfs_export = toggle::on}; }

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        auto encoded = view.encode_handle("f");
        if (encoded.has_value())
            return view.yes(reason::option_works);
        return encoded.error().error_number == EOPNOTSUPP
                   ? view.no(reason::option_without_effect, std::move(encoded.error()))
                   : view.could_not(std::move(encoded.error()));
    }
};

/// Whether nfs_export=on is accepted and effective in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_nfs_export(const directory& where,
                                              const mount_options& extra = {}, const P& set = {}) {
    return run<P, nfs_export_option>(where, extra, set).front();
}

} // namespace ovl
