// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/filesystem_operations.hpp>
#include <ovl/policy/mount_backend.hpp>
#include <ovl/policy/xattr_namespace.hpp>

namespace ovl {

/// The three choices a program makes once, at compile time. The one parameter that users name;
/// `ovl::rootful` and `ovl::rootless` are ready made in <ovl/policies.hpp>.
template <xattr_namespace X, mount_backend M, filesystem_operations F>
struct policy_set {
    using xattr_class = X;
    using mount_class = M;
    using filesystem_class = F;

    [[no_unique_address]] M mount{};
    [[no_unique_address]] F fs{};
};

/// Any policy_set.
///
/// | expression       | result                               |
/// |------------------|--------------------------------------|
/// | `P::xattr_class` | a model of `xattr_namespace`         |
/// | `p.mount`        | a model of `mount_backend`           |
/// | `p.fs`           | a model of `filesystem_operations`   |
template <class P>
concept policies = xattr_namespace<typename P::xattr_class> && requires(const P& p) {
    requires mount_backend<typename P::mount_class>;
    requires filesystem_operations<typename P::filesystem_class>;
    { p.mount } -> std::same_as<const typename P::mount_class&>;
    { p.fs } -> std::same_as<const typename P::filesystem_class&>;
};

} // namespace ovl
