// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/short_mount.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <concepts>

namespace ovl {

/// Mounts through mount(2): one string for all options, of at most 4095 bytes, since the kernel
/// drops what is longer without a word. Longer paths are made short by a helper thread's working
/// directory; the process's own does not change. Needs CAP_SYS_ADMIN in the user namespace that
/// owns the mount namespace, a mount point, and /proc where layers are given by descriptor or made
/// short.
struct classic_mount {
    static constexpr std::string_view name = "classic";

    [[nodiscard]] bool attaches() const noexcept { return true; }

    template <std::same_as<mount_request> Request = mount_request>
    [[nodiscard]] result<mounted> mount(const Request& request, const mount_point& point) const {
        const bool may_move = point.at == AT_FDCWD && point.path[0] != '/';
        const unique_fd working_directory{may_move ? ::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)
                                                   : -1};
        const mount_point fixed{.at = may_move ? working_directory.get() : point.at,
                                .path = point.path};
        detail::short_mount call{request, detail::mount_point_path(fixed)};
        if (auto failed = call.mount(); failed.has_value())
            return fail(std::move(*failed));
        auto root = detail::open_mounted(point);
        if (!root.has_value())
            return fail(std::move(root.error()));
        return mounted{.root = std::move(root.value()),
                       .attached = true,
                       .through = name,
                       .layers_by = call.layers_by()};
    }
};

} // namespace ovl
