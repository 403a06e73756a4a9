// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/merged_view.hpp>

#include <concepts>
#include <span>

namespace ovl {

/// A probe: one question about a mounted overlay.
///
/// | expression                  | result                         | promise |
/// |-----------------------------|--------------------------------|----------------------------------------------|
/// | `Q::asks`                   | capability                     | what it answers | | `Q::tree`
/// | to `span<const tree_entry>`    | what it wants in the layers, parents first   | |
/// `Q::observe(view)`          | verdict                        | acts in the merged view, looks at
/// the upper  |
///
/// It may have `Q::options()`, the mount_options it needs; `Q::without_class = true`, where its
/// mount is made without userxattr whatever the policies say; and `Q::refused(failure, control)`,
/// the verdict where its mount is refused though `control`, the same mount with the class but
/// without its options, works or not.
template <class Q, class P>
concept probe_of = requires(const merged_view<P>& view) {
    { Q::asks } -> std::convertible_to<capability>;
    {std::span<const tree_entry>{Q::tree}};
    { Q::observe(view) } -> std::same_as<verdict>;
};

/// A probe as a value, so that a list of them can be run in one go.
template <policies P>
struct question {
    capability asks;
    std::span<const tree_entry> tree;
    mount_options options{};
    bool without_class = false;
    verdict (*observe)(const merged_view<P>&) = nullptr;
    verdict (*refused)(failure, bool) = nullptr;
};

template <policies P, probe_of<P> Q>
[[nodiscard]] question<P> question_of() {
    question<P> made{.asks = Q::asks, .tree = Q::tree, .observe = &Q::template observe<P>};
    if constexpr (requires { Q::options(); })
        made.options = Q::options();
    if constexpr (requires { Q::without_class; })
        made.without_class = Q::without_class;
    if constexpr (requires(failure what) { Q::refused(what, true); })
        made.refused = &Q::refused;
    return made;
}

} // namespace ovl
