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
/// is a directory alone before Linux 5.15.
template <filesystem_operations F>
void note_leftovers(layer_tree<F>& tree, bool is_volatile) noexcept {
    tree.note("work/work", entry_kind::directory);
    if (is_volatile) {
        tree.note("work/work/incompat", entry_kind::directory);
        tree.note("work/work/incompat/volatile", entry_kind::directory);
        tree.note("work/work/incompat/volatile/dirty", entry_kind::file);
    }
}

} // namespace detail

/// Mounts the layers of `tree` as a writable overlay, with `lower2` above `lower1` and `data` below both.
/// `volatile` is asked for, so that unmounting does not sync the whole upper filesystem; where a kernel refuses it
/// (before 5.10) the mount is made without. Fails with the backend's failure.
template <policies P>
[[nodiscard]] result<owned_mount>
mount_scratch(const P& set, layer_tree<typename P::filesystem_class>& tree, mount_options options) {
    const auto in_tree = [&](layer_name which) {
        return layer{.at = tree.fd(), .path = name(which)};
    };
    const std::array lowers{in_tree(layer_name::lower2), in_tree(layer_name::lower1)};
    const std::array data{in_tree(layer_name::data)};
    mount_request request{};
    request.lower = std::span{lowers}.subspan(tree.layers().has(layer_name::lower2) ? 0 : 1);
    if (tree.layers().has(layer_name::data))
        request.data = data;
    request.upper = in_tree(layer_name::upper);
    request.work = in_tree(layer_name::work);
    const auto mount_with = [&] {
        const auto parameters = options.parameters();
        request.parameters = parameters;
        detail::note_leftovers(tree, options.is_volatile);
        return owned_mount::make(set.mount, request, {.at = tree.fd(), .path = merged_name});
    };
    const bool asked_for = std::exchange(options.is_volatile, true);
    auto made = mount_with();
    if (made.has_value() || made.error().error_number != EINVAL || asked_for)
        return made;
    options.is_volatile = false;
    auto without = mount_with();
    return without.has_value() ? std::move(without) : std::move(made);
}

} // namespace ovl
