// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/escape.hpp>
#include <ovl/mount/mount_context.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <optional>
#include <string>

namespace ovl {

/// Mounts through fsopen, fsconfig and fsmount (Linux 5.2), and never attaches the mount: it is in
/// no mount table, is used through its root's descriptor alone, and is gone with that descriptor,
/// killed or not. Needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace.
struct fsopen_mount {
    static constexpr std::string_view name = "fsopen";

    /// Whether the kernel has these calls; a seccomp filter may stand for an older kernel. Opens
    /// nothing.
    [[nodiscard]] static bool available() noexcept {
        return detail::fsopen(nullptr, 0) != -1 || errno != ENOSYS;
    }

    [[nodiscard]] bool attaches() const noexcept { return false; }

    /// ENOSYS from `fsopen` where the kernel, or a seccomp filter, has no such call; ENODEV where
    /// it has no overlay.
    [[nodiscard]] result<mounted> mount(const mount_request& request, const mount_point&) const {
        const auto context = mount_context::open("overlay");
        if (!context.has_value())
            return fail(context.error());
        if (auto configured = configure(context.value(), request); !configured.has_value())
            return fail(std::move(configured.error()));
        auto root = context.value().mount();
        if (!root.has_value())
            return fail(std::move(root.error()));
        return mounted{.root = std::move(root.value()), .attached = false, .through = name};
    }

  private:
    [[nodiscard]] static result<void> configure(const mount_context& context,
                                                const mount_request& request) {
        auto done =
            context.set_string("lowerdir", lowerdir_value(request, mount_interface::fsconfig));
        if (done.has_value())
            done = set_layer(context, "upperdir", request.upper, layer_role::upperdir);
        if (done.has_value())
            done = set_layer(context, "workdir", request.work, layer_role::workdir);
        for (const mount_parameter& parameter : request.parameters) {
            if (!done.has_value())
                return done;
            done = parameter.value == nullptr ? context.set_flag(parameter.name)
                                              : context.set_string(parameter.name, parameter.value);
        }
        return done.has_value() ? context.create() : done;
    }

    [[nodiscard]] static result<void> set_layer(const mount_context& context, const char* key,
                                                const std::optional<layer>& what, layer_role role) {
        if (!what.has_value())
            return {};
        std::string value;
        append_layer(value, *what, mount_interface::fsconfig, role);
        return context.set_string(key, value);
    }
};

static_assert(mount_backend<fsopen_mount>);

} // namespace ovl
