// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/kernel_calls.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/mount/escape.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <string>
#include <sys/mount.h>

namespace ovl {

namespace detail {

/// `point` as a path that no later rename can turn elsewhere.
[[nodiscard]] inline std::string mount_point_path(const mount_point& point) {
    std::string path;
    append_layer(path, {.at = point.at, .path = point.path}, mount_interface::fsconfig,
                 layer_role::appended);
    return path;
}

/// What was just mounted on `point`.
[[nodiscard]] inline result<mounted> open_mounted(const mount_point& point,
                                                  std::string_view through) {
    unique_fd root{retry([&] {
        return ::openat(point.at, point.path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    })};
    if (!root)
        return fail(last_failure("openat").at(step::mount).on(point.path));
    return mounted{.root = std::move(root), .attached = true, .through = through};
}

} // namespace detail

/// Mounts through mount(2), one string for all options: at most 4095 bytes, since the kernel drops
/// what is longer without a word. Needs CAP_SYS_ADMIN in the user namespace that owns the mount
/// namespace, a mount point, and /proc where layers are given by descriptor.
struct classic_mount {
    static constexpr std::string_view name = "classic";

    [[nodiscard]] bool attaches() const noexcept { return true; }

    [[nodiscard]] result<mounted> mount(const mount_request& request,
                                        const mount_point& point) const {
        const std::string data = option_string(request);
        if (data.size() > detail::mount_data_limit)
            return fail({.where = step::mount,
                         .call = "mount",
                         .error_number = E2BIG,
                         .subject = data,
                         .kernel_message = "mount(2) takes at most 4095 bytes of options"});
        const std::string target = detail::mount_point_path(point);
        if (::mount("overlay", target.c_str(), "overlay", 0, data.c_str()) != 0)
            return fail(last_failure("mount").at(step::mount).on(data));
        return detail::open_mounted(point, name);
    }

    /// The options as one string, escaped as mount(2) and libmount want them.
    [[nodiscard]] static std::string option_string(const mount_request& request) {
        std::string text = "lowerdir=" + lowerdir_value(request, mount_interface::mount_string);
        const auto add_layer = [&](std::string_view key, const std::optional<layer>& what,
                                   layer_role role) {
            if (what.has_value()) {
                text += key;
                append_layer(text, *what, mount_interface::mount_string, role);
            }
        };
        add_layer(",upperdir=", request.upper, layer_role::upperdir);
        add_layer(",workdir=", request.work, layer_role::workdir);
        for (const mount_parameter& parameter : request.parameters) {
            text.append(",").append(parameter.name);
            if (parameter.value != nullptr)
                text.append("=").append(parameter.value);
        }
        return text;
    }
};

static_assert(mount_backend<classic_mount>);

} // namespace ovl
