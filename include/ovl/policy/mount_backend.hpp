// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>

#include <concepts>
#include <fcntl.h>
#include <optional>
#include <span>
#include <string_view>

namespace ovl {

/// A directory that becomes a layer: a path (absolute, or relative to the working directory), a
/// path below the directory open as `at`, or, where `path` is empty, that directory itself.
struct layer {
    int at = AT_FDCWD;
    std::string_view path{};
};

/// A mount option in the kernel's spelling. A flag has no value (a null pointer).
struct mount_parameter {
    const char* name = nullptr;
    const char* value = nullptr;
};

/// One overlay, as asked of a backend. Paths are plain; escaping is the backend's affair, since the
/// rules differ from interface to interface.
struct mount_request {
    /// The lower layers, the topmost first.
    std::span<const layer> lower{};
    /// Data-only lower layers, below all others.
    std::span<const layer> data{};
    /// Both or neither; on the same mount.
    std::optional<layer> upper{};
    std::optional<layer> work{};
    std::span<const mount_parameter> parameters{};
    /// Attributes of the new mount: `detail::mount_attribute_*`, the kernel's MOUNT_ATTR_*.
    unsigned attributes = 0;
};

/// The directory an attaching backend mounts on.
struct mount_point {
    int at = AT_FDCWD;
    const char* path = "";
};

/// What a backend has mounted.
struct mounted {
    /// The root of the mount.
    unique_fd root{};
    /// Whether it is in the mount tree, and so outlives the descriptor.
    bool attached = false;
    /// The name of the backend that did it, where several were to choose from.
    std::string_view through{};
    /// How the layers reached the kernel: what it lacked, or their names, may have forced it.
    std::string_view layers_by{};
    /// Whether upper and work went by descriptor: the kernel then shows their paths unescaped.
    bool upper_by_descriptor = false;
    bool work_by_descriptor = false;
};

// clang-format off
/// The way overlays are mounted.
///
/// | expression                | result             | promise                                              |
/// |---------------------------|--------------------|------------------------------------------------------|
/// | `B::name`                 | `std::string_view` | how reports call it                                  |
/// | `b.attaches()`            | `bool`             | whether its mounts enter the mount tree; if not, the |
/// |                           |                    | mount point is not looked at                         |
/// | `b.mount(request, point)` | `result<mounted>`  | the new mount; on failure nothing is mounted, and    |
/// |                           |                    | the failure names the call and the option at fault   |
// clang-format on
template <class B>
concept mount_backend = requires(const B& b, const mount_request& request,
                                 const mount_point& point) {
    { B::name } -> std::convertible_to<std::string_view>;
    { b.attaches() } -> std::same_as<bool>;
    { b.mount(request, point) } -> std::same_as<result<mounted>>;
};

} // namespace ovl
