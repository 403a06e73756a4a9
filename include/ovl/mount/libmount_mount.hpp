// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/short_mount.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <concepts>
#include <gsl/util>
#include <libmount/libmount.h>
#include <optional>
#include <range/v3/algorithm/all_of.hpp>
#include <string>
#include <vector>

namespace ovl {

/// Mounts through util-linux's libmount, as mount(8) does but without running a helper program,
/// reading /etc/fstab or writing a mount table. For programs that must obey its environment and
/// hooks; needs target `ovl::libmount`. Versions differ in how they treat an escaped comma: 2.38
/// passes it on, later ones differ. Layers that the libmount which runs, or the call behind it, would
/// mistake (a quotation mark, a backslash or what needs one, a long path) go by /proc/self/fd.
struct libmount_mount {
    static constexpr std::string_view name = "libmount";

    [[nodiscard]] bool attaches() const noexcept { return true; }

    template <std::same_as<mount_request> Request = mount_request>
    [[nodiscard]] result<mounted> mount(const Request& request, const mount_point& point) const {
        if (takes_by_name(request))
            return mount_data(detail::mount_data(request), request, point, "lowerdir");
        std::vector<unique_fd> opened;
        std::optional<failure> failed;
        const detail::renamed_layers renamed{
            request, [&](const layer& what) -> std::string {
                if (detail::is_bare(what))
                    return "/proc/self/fd/" + std::to_string(what.at);
                if (!failed && !opened.emplace_back(detail::open_layer(what)))
                    failed = detail::layer_not_opened(what);
                return failed ? "" : "/proc/self/fd/" + std::to_string(opened.back().get());
            }};
        if (failed)
            return fail(std::move(*failed));
        const std::string options = detail::mount_data(renamed.request());
        if (options.size() > detail::mount_data_limit)
            return fail({.where = step::mount,
                         .call = "mnt_context_mount",
                         .error_number = E2BIG,
                         .subject = std::to_string(options.size()) + " bytes of options",
                         .explanation = "mount(2) takes at most 4095 bytes of options, and the "
                                        "kernel would drop the rest"});
        if (version() >= 2039 &&
            lowerdir_value(renamed.request(), mount_interface::mount_string).size() >
                detail::fsconfig_limit)
            return fail({.where = step::mount,
                         .call = "mnt_context_mount",
                         .error_number = E2BIG,
                         .subject = std::to_string(request.lower.size()) + " lower layers",
                         .explanation =
                             "libmount hands all of them to fsconfig(2) as one value, of "
                             "at most 255 bytes; the fsopen backend has no such limit"});
        return mount_data(options, request, point, "descriptors");
    }

    /// The version of the library that runs, as 2038 for 2.38.
    [[nodiscard]] static int version() noexcept {
        const char* text = nullptr;
        ::mnt_get_library_version(&text);
        int parts[2] = {0, 0};
        int part = 0;
        for (; text != nullptr && *text != '\0' && part < 2; ++text)
            if (*text == '.')
                ++part;
            else if (*text >= '0' && *text <= '9')
                parts[part] = parts[part] * 10 + (*text - '0');
        return parts[0] * 1000 + parts[1];
    }

    /// Whether a libmount of this version would mistake a path: all of them take a double quote for
    /// the beginning of a quotation; from 2.39 on they treat what needs a backslash differently
    /// from one another.
    [[nodiscard]] static bool mangles(int version, std::string_view path) noexcept {
        return path.find_first_of(version < 2039 ? "\"" : "\"\\,:") != std::string_view::npos;
    }

  private:
    /// What libmount hands on meets fsconfig(2)'s limit for
    /// one value from version 2.39, and before that mount(2)'s for all, beyond which the kernel
    /// drops what is left without a word.
    [[nodiscard]] static bool takes_by_name(const mount_request& request) {
        const int running = version();
        const auto plain = [running](const layer& what) {
            return !mangles(running, what.path) && what.path.size() <= detail::fsconfig_limit;
        };
        return ranges::all_of(request.lower, plain) && ranges::all_of(request.data, plain) &&
               plain(request.upper.value_or(layer{})) && plain(request.work.value_or(layer{})) &&
               lowerdir_value(request, mount_interface::mount_string).size() <=
                   detail::fsconfig_limit &&
               detail::mount_data(request).size() <= detail::mount_data_limit;
    }

    [[nodiscard]] static result<mounted> mount_data(const std::string& options,
                                                    const mount_request& request,
                                                    const mount_point& point,
                                                    std::string_view layers_by) {
        const std::string target = detail::mount_point_path(point);
        libmnt_context* const context = ::mnt_new_context();
        if (context == nullptr)
            return fail({.where = step::mount, .call = "mnt_new_context", .error_number = ENOMEM});
        const auto freed = gsl::finally([&] { ::mnt_free_context(context); });
        ::mnt_context_disable_helpers(context, 1);
        ::mnt_context_disable_mtab(context, 1);
        ::mnt_context_disable_canonicalize(context, 1);
        // What the kernel refuses with EROFS or EACCES it would mount read-only instead.
        const unsigned long flags = detail::mount_flags(request);
        ::mnt_context_enable_rwonly_mount(context, (flags & MS_RDONLY) == 0 ? 1 : 0);
        int returned = ::mnt_context_set_source(context, "overlay");
        if (returned == 0)
            returned = ::mnt_context_set_target(context, target.c_str());
        if (returned == 0)
            returned = ::mnt_context_set_fstype(context, "overlay");
        if (returned == 0)
            returned = ::mnt_context_set_options(context, options.c_str());
        if (returned == 0)
            returned = ::mnt_context_set_mflags(context, flags);
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
                       .layers_by = layers_by};
    }

    /// The errno of the system call that failed, else libmount's own negative one.
    [[nodiscard]] static int error_of(libmnt_context* context, int returned) {
        if (::mnt_context_syscall_called(context) && ::mnt_context_get_syscall_errno(context) != 0)
            return ::mnt_context_get_syscall_errno(context);
        return returned < 0 ? -returned : EINVAL;
    }
};

static_assert(mount_backend<libmount_mount>);

} // namespace ovl
