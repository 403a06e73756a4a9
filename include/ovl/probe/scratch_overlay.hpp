// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/mount_options.hpp>
#include <ovl/mount/overlay_mount.hpp>
#include <ovl/policy/policy_set.hpp>
#include <ovl/scratch/layer_tree.hpp>

#include <array>
#include <cerrno>
#include <optional>
#include <span>

namespace ovl {

/// Where an attaching backend mounts, in the scratch directory.
inline constexpr const char* merged_name = "merged";

/// Mounts the layers made in `scratch` as a writable overlay, with `lower2` above `lower1` and
/// `data` below both. `volatile` is asked for, so that unmounting does not sync the whole upper
/// filesystem; where a kernel refuses it (before 5.10) the mount is made without. Fails with the
/// backend's failure.
template <policies P>
[[nodiscard]] result<overlay_mount> mount_scratch(const P& set, int scratch, layer_set layers,
                                                  mount_options options) {
    const auto in_scratch = [&](layer_name which) {
        return layer{.at = scratch, .path = name(which)};
    };
    const std::array lowers{in_scratch(layer_name::lower2), in_scratch(layer_name::lower1)};
    const std::array data{in_scratch(layer_name::data)};
    mount_request request{};
    request.lower = std::span{lowers}.subspan(layers.has(layer_name::lower2) ? 0 : 1);
    if (layers.has(layer_name::data))
        request.data = data;
    request.upper = in_scratch(layer_name::upper);
    request.work = in_scratch(layer_name::work);
    if (set.mount.attaches())
        if (auto made = set.fs.make_directory(scratch, merged_name, 0755);
            !made.has_value() && made.error().error_number != EEXIST)
            return fail(std::move(made.error()).at(step::build_layers).on(merged_name));

    const bool asked_for = options.is_volatile;
    options.is_volatile = true;
    auto parameters = options.parameters();
    request.parameters = parameters;
    const mount_point point{.at = scratch, .path = merged_name};
    auto made = overlay_mount::make(set.mount, request, point);
    if (!made.has_value() && made.error().error_number == EINVAL && !asked_for) {
        options.is_volatile = false;
        parameters = options.parameters();
        request.parameters = parameters;
        auto without = overlay_mount::make(set.mount, request, point);
        if (without.has_value())
            return without;
    }
    return made;
}

} // namespace ovl
