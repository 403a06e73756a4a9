// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/context_layers.hpp>
#include <ovl/mount/detached_classic.hpp>
#include <ovl/mount/mount_context.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <concepts>
#include <string>

namespace ovl {

/// Mounts through fsopen, fsconfig and fsmount (Linux 5.2), and never attaches the mount: it is in
/// no mount table, is used through its root's descriptor alone, and is gone with that descriptor,
/// killed or not. Layers go by the plainest means that the kernel and their names allow; see
/// `mounted::layers_by`. Needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace.
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
    template <std::same_as<mount_request> Request = mount_request>
    [[nodiscard]] result<mounted> mount(const Request& request, const mount_point&) const {
        const auto context = mount_context::open("overlay");
        if (!context.has_value())
            return fail(context.error());
        detail::context_layers layers{context.value()};
        if (auto done = layers.set(request); !done.has_value())
            return layers.lacks_append ? detail::mount_classic_detached(request)
                                       : fail(std::move(done.error()));
        if (auto done = set_parameters(context.value(), request); !done.has_value())
            return fail(std::move(done.error()));
        auto root = context.value().mount(request.attributes);
        if (!root.has_value())
            return fail(std::move(root.error()));
        return mounted{.root = std::move(root.value()),
                       .attached = false,
                       .through = name,
                       .layers_by = layers.lower_by,
                       .upper_by_descriptor = layers.upper_by_descriptor,
                       .work_by_descriptor = layers.work_by_descriptor};
    }

  private:
    [[nodiscard]] static result<void>
    set_parameters(const mount_context& context, const std::same_as<mount_request> auto& request) {
        result<void> done;
        if ((request.attributes & detail::mount_attribute_read_only) != 0)
            done = context.set_flag("ro");
        for (const mount_parameter& parameter : request.parameters) {
            if (!done.has_value())
                return done;
            done = parameter.value == nullptr ? context.set_flag(parameter.name)
                                              : context.set_string(parameter.name, parameter.value);
        }
        return done.has_value() ? context.create() : done;
    }
};

} // namespace ovl
