// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/private_namespace.hpp>
#include <ovl/mount/short_mount.hpp>

#include <array>
#include <vector>

namespace ovl::detail {

/// Some directory to mount on in a private namespace, where nobody else sees it.
[[nodiscard]] inline const char* any_directory() noexcept {
    for (const char* const candidate : {"/proc", "/tmp", "/dev", "/usr", "/sys"})
        if (unique_fd{::open(candidate, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)})
            return candidate;
    return "/";
}

/// A layer's path for another mount namespace, from which the kernel lets nobody mount what a
/// descriptor of this one leads to: a bare one is opened again by its path.
[[nodiscard]] std::string path_from_elsewhere(const std::same_as<layer> auto& what,
                                              std::vector<unique_fd>& opened,
                                              std::optional<failure>& failed) {
    if (what.at == AT_FDCWD)
        return std::string{what.path};
    auto again = directory::of(what.at).reopen();
    if (!again.has_value()) {
        failed = std::move(again.error()).at(step::mount);
        return {};
    }
    opened.push_back(std::move(again.value()));
    std::string path = "/proc/self/fd/" + std::to_string(opened.back().get());
    if (!what.path.empty())
        path.append("/").append(what.path);
    return path;
}

/// Mounts through mount(2) in a private mount namespace and takes the mount out of it with
/// open_tree(2) (Linux 5.2), for kernels whose fsconfig(2) cannot take these layers: the result is
/// detached all the same.
template <std::same_as<mount_request> Request = mount_request>
[[nodiscard]] result<mounted> mount_classic_detached(const Request& request) {
    unique_fd root;
    const auto work = [&]() -> std::optional<failure> {
        std::vector<unique_fd> opened;
        std::optional<failure> failed;
        const renamed_layers renamed{
            request, [&](const layer& what) { return path_from_elsewhere(what, opened, failed); }};
        if (failed)
            return failed;
        const char* const point = any_directory();
        const mount_request plain = renamed.request();
        failed = short_mount{plain, point}.mount_with_own_working_directory();
        if (failed)
            return failed;
        root.reset(open_tree(AT_FDCWD, point, open_tree_clone | open_tree_cloexec));
        return root ? failed : last_failure("open_tree").at(step::mount).on(point);
    };
    std::optional<failure> failed;
    if (auto ran = in_private_mount_namespace([&] { failed = work(); }); !ran.has_value())
        return fail(std::move(ran.error()));
    if (failed)
        return fail(std::move(*failed));
    return mounted{.root = std::move(root),
                   .attached = false,
                   .through = "fsopen",
                   .layers_by = "mount(2), detached by open_tree(2)"};
}

} // namespace ovl::detail
