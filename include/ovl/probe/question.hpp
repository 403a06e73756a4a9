// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/private_tmpfs.hpp>
#include <ovl/probe/merged_view.hpp>
#include <ovl/probe/place_view.hpp>
#include <ovl/probe/scratch_view.hpp>

#include <concepts>
#include <span>

namespace ovl {

/// A probe is a struct of static members: `asks`, the capability that it answers, and one of four functions,
/// by what it needs:
///
/// | expression             | it is given                                                     | example           |
/// |------------------------|-----------------------------------------------------------------|-------------------|
/// | `Q::observe(merged)`   | `Q::tree` in a mounted overlay that other probes share          | native_diff       |
/// | `Q::examine(scratch)`  | a scratch directory of its own, and mounts as it wants them     | volatile_mount    |
/// | `Q::inspect(place)`    | the directory itself, which it does not write to                | lower_layer       |
/// | `Q::consider(set)`     | nothing but the kernel                                          | new_mount_api     |
/// | `Q::consider(set, apart)` | the same, and a tmpfs that nobody else sees                  | append_layers     |
///
/// One that observes has `Q::tree` (entries, parents first), and may have `Q::options()`, the mount_options it
/// needs; `Q::combinable = true`, where these touch nothing that another such probe looks at, so that one mount with
/// the options of all is tried before each gets its own; `Q::without_class = true`, where its mount is made without
/// userxattr whatever the policies say; and `Q::refused(failure, control, filesystem)`, the verdict where its tree or
/// its mount is refused (EINVAL, EPERM, EACCES), given whether the control works: the same mount without its options.
/// Without that function such a question is `no` where the control works, and could not be put where it does not. One
/// that inspects or considers has `Q::mounts = true` where it makes a mount to do so. Any has `Q::any_class = true`
/// where its answer is the same in whichever class overlayfs keeps its marks, so that it can be told where that class
/// cannot be seen.
template <class Q, class P>
concept probe_of = requires {
    requires std::same_as<std::remove_cv_t<decltype(Q::asks)>, capability>;
}
&&(
    requires(const merged_view<P>& view) {
        {std::span<const tree_entry>{Q::tree}};
        { Q::observe(view) } -> std::same_as<verdict>;
    } ||
    requires(const scratch_view<P>& view) {
        { Q::examine(view) } -> std::same_as<verdict>;
    } ||
    requires(const place_view<P>& view) {
        { Q::inspect(view) } -> std::same_as<verdict>;
    } ||
    requires(const P& set) {
        { Q::consider(set) } -> std::same_as<verdict>;
    } ||
    requires(const P& set, private_tmpfs& apart) {
        { Q::consider(set, apart) } -> std::same_as<verdict>;
    });

/// A probe as a value, so that a list of them can be run in one go. One of the four functions is there.
template <policies P>
struct question {
    capability asks{};
    verdict (*observe)(const merged_view<P>&) = nullptr;
    verdict (*examine)(const scratch_view<P>&) = nullptr;
    verdict (*inspect)(const place_view<P>&) = nullptr;
    verdict (*consider)(const P&, private_tmpfs&) = nullptr;
    verdict (*refused)(failure, bool, const backing_filesystem&) = nullptr;
    std::span<const tree_entry> tree{};
    mount_options options{};
    bool without_class = false;
    bool any_class = false;
    bool combinable = false;
    bool mounts = false;
};

template <policies P, probe_of<P> Q>
[[nodiscard]] question<P> question_of() {
    question<P> made{.asks = Q::asks};
    if constexpr (requires(const merged_view<P>& view) { Q::observe(view); }) {
        made.observe = [](const merged_view<P>& view) { return Q::observe(view); };
        made.tree = Q::tree;
    }
    if constexpr (requires(const scratch_view<P>& view) { Q::examine(view); })
        made.examine = [](const scratch_view<P>& view) { return Q::examine(view); };
    if constexpr (requires(const place_view<P>& view) { Q::inspect(view); })
        made.inspect = [](const place_view<P>& view) { return Q::inspect(view); };
    if constexpr (requires(const P& set) { Q::consider(set); })
        made.consider = [](const P& set, private_tmpfs&) { return Q::consider(set); };
    if constexpr (requires(const P& set, private_tmpfs& apart) { Q::consider(set, apart); })
        made.consider = [](const P& set, private_tmpfs& apart) { return Q::consider(set, apart); };
    if constexpr (requires { Q::options(); })
        made.options = Q::options();
    if constexpr (requires { Q::without_class; })
        made.without_class = Q::without_class;
    if constexpr (requires { Q::any_class; })
        made.any_class = Q::any_class;
    if constexpr (requires { Q::combinable; })
        made.combinable = Q::combinable;
    if constexpr (requires { Q::mounts; })
        made.mounts = Q::mounts;
    if constexpr (requires { &Q::refused; })
        made.refused = &Q::refused;
    return made;
}

} // namespace ovl
