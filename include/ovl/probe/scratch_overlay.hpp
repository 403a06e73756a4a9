// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/mount_options.hpp>
#include <ovl/mount/owned_mount.hpp>
#include <ovl/policy/policy_set.hpp>
#include <ovl/scratch/layer_tree.hpp>

#include <array>
#include <cerrno>
#include <optional>
#include <span>
#include <utility>

namespace ovl {

namespace detail {

/// Notes what overlayfs itself leaves in the layers: in `work`, and under it the guard of a volatile mount, which
/// is a directory alone before Linux 5.15; and the index, without which there is no NFS export.
template <filesystem_operations F>
void note_leftovers(layer_tree<F>& tree, const mount_options& options) noexcept {
    tree.note("work/work", entry_kind::directory);
    if (options.index == toggle::on || options.nfs_export == toggle::on)
        tree.note("work/index", entry_kind::directory);
    if (options.is_volatile) {
        tree.note("work/work/incompat", entry_kind::directory);
        tree.note("work/work/incompat/volatile", entry_kind::directory);
        tree.note("work/work/incompat/volatile/dirty", entry_kind::file);
    }
}

} // namespace detail

/// Mounts the layers of `tree` as a writable overlay, with `lower2` above `lower1` and `data` below both; or with
/// `lower` in place of these two.
/// `volatile` is asked for, so that unmounting does not sync the whole upper filesystem; where a kernel refuses it
/// (before 5.10) the mount is made without; not where it has taken it before, so that every refusal leaves one line in
/// the kernel's log. Fails with the backend's failure.
template <policies P>
[[nodiscard]] result<owned_mount>
mount_scratch(const P& set, layer_tree<typename P::filesystem_class>& tree, mount_options options,
              const std::optional<layer>& lower = {}) {
    const auto in_tree = [&](layer_name which) {
        return layer{.at = tree.fd(), .path = name(which)};
    };
    const std::array lowers{in_tree(layer_name::lower2), in_tree(layer_name::lower1)};
    const std::array data{in_tree(layer_name::data)};
    mount_request request{};
    request.lower = lower.has_value()
                        ? std::span{&*lower, 1}
                        : std::span{lowers}.subspan(tree.layers().has(layer_name::lower2) ? 0 : 1);
    if (tree.layers().has(layer_name::data))
        request.data = data;
    request.upper = in_tree(layer_name::upper);
    request.work = in_tree(layer_name::work);
    const auto mount_with = [&] {
        const auto parameters = options.parameters();
        request.parameters = parameters;
        detail::note_leftovers(tree, options);
        return owned_mount::make(set.mount, request, {.at = tree.fd(), .path = merged_name});
    };
    const bool asked_for = std::exchange(options.is_volatile, true);
    auto made = mount_with();
    if (made.has_value())
        tree.note_volatile();
    if (made.has_value() || made.error().error_number != EINVAL || asked_for || tree.was_volatile())
        return made;
    options.is_volatile = false;
    auto without = mount_with();
    return without.has_value() ? std::move(without) : std::move(made);
}

} // namespace ovl
