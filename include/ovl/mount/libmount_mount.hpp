// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/short_mount.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <gsl/util>
#include <libmount/libmount.h>

namespace ovl {

/// Mounts through util-linux's libmount, as mount(8) does but without running a helper program,
/// reading /etc/fstab or writing a mount table. For programs that must obey its environment and
/// hooks; needs target `ovl::libmount`. Versions differ in how they treat an escaped comma: 2.38
/// passes it on, later ones may not, and the mount then fails with the option named.
struct libmount_mount {
    static constexpr std::string_view name = "libmount";

    [[nodiscard]] bool attaches() const noexcept { return true; }

    [[nodiscard]] result<mounted> mount(const mount_request& request,
                                        const mount_point& point) const {
        const std::string options = detail::mount_data(request);
        const std::string target = detail::mount_point_path(point);
        libmnt_context* const context = ::mnt_new_context();
        if (context == nullptr)
            return fail({.where = step::mount, .call = "mnt_new_context", .error_number = ENOMEM});
        const auto freed = gsl::finally([&] { ::mnt_free_context(context); });
        ::mnt_context_disable_helpers(context, 1);
        ::mnt_context_disable_mtab(context, 1);
        ::mnt_context_disable_canonicalize(context, 1);
        int returned = ::mnt_context_set_source(context, "overlay");
        if (returned == 0)
            returned = ::mnt_context_set_target(context, target.c_str());
        if (returned == 0)
            returned = ::mnt_context_set_fstype(context, "overlay");
        if (returned == 0)
            returned = ::mnt_context_set_options(context, options.c_str());
        if (returned == 0)
            returned = ::mnt_context_mount(context);
        if (returned != 0)
            return fail({.where = step::mount,
                         .call = "mnt_context_mount",
                         .error_number = error_of(context, returned),
                         .subject = options});
        auto root = detail::open_mounted(point);
        if (!root.has_value())
            return fail(std::move(root.error()));
        return mounted{.root = std::move(root.value()),
                       .attached = true,
                       .through = name,
                       .layers_by = "lowerdir"};
    }

  private:
    /// The errno of the system call that failed, else libmount's own negative one.
    [[nodiscard]] static int error_of(libmnt_context* context, int returned) {
        if (::mnt_context_syscall_called(context) && ::mnt_context_get_syscall_errno(context) != 0)
            return ::mnt_context_get_syscall_errno(context);
        return returned < 0 ? -returned : EINVAL;
    }
};

static_assert(mount_backend<libmount_mount>);

} // namespace ovl
