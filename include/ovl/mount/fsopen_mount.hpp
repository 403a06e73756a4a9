// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/kernel_calls.hpp>
#include <ovl/mount/escape.hpp>
#include <ovl/policy/mount_backend.hpp>

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
        const unique_fd context{detail::fsopen("overlay", detail::fsopen_cloexec)};
        if (!context)
            return fail(last_failure("fsopen").at(step::mount).on("overlay"));
        if (auto failed = configure(context.get(), request); failed.has_value())
            return fail(std::move(*failed));
        unique_fd root{detail::fsmount(context.get(), detail::fsmount_cloexec, 0)};
        if (!root)
            return fail(last_failure("fsmount").at(step::mount).on("overlay"));
        return mounted{.root = std::move(root), .attached = false, .through = name};
    }

  private:
    using optional_failure = std::optional<failure>;

    [[nodiscard]] static optional_failure configure(int context, const mount_request& request) {
        optional_failure failed =
            set(context, "lowerdir", lowerdir_value(request, mount_interface::fsconfig));
        if (!failed && request.upper.has_value())
            failed = set_layer(context, "upperdir", *request.upper, layer_role::upperdir);
        if (!failed && request.work.has_value())
            failed = set_layer(context, "workdir", *request.work, layer_role::workdir);
        for (const mount_parameter& parameter : request.parameters) {
            if (failed)
                return failed;
            failed = call(context,
                          parameter.value == nullptr ? detail::fsconfig_command::set_flag
                                                     : detail::fsconfig_command::set_string,
                          parameter.name, parameter.value);
        }
        if (!failed)
            failed = call(context, detail::fsconfig_command::create, nullptr, nullptr);
        return failed;
    }

    [[nodiscard]] static optional_failure set_layer(int context, const char* key, const layer& what,
                                                    layer_role role) {
        std::string value;
        append_layer(value, what, mount_interface::fsconfig, role);
        return set(context, key, value);
    }

    [[nodiscard]] static optional_failure set(int context, const char* key,
                                              const std::string& value) {
        if (value.size() > detail::fsconfig_limit)
            return failure{.where = step::mount,
                           .call = "fsconfig",
                           .error_number = ENAMETOOLONG,
                           .subject = std::string{key} + "=" + value,
                           .kernel_message = "fsconfig(2) takes values of at most 255 bytes"};
        return call(context, detail::fsconfig_command::set_string, key, value.c_str());
    }

    [[nodiscard]] static optional_failure call(int context, detail::fsconfig_command command,
                                               const char* key, const char* value) {
        if (detail::fsconfig(context, command, key, value, 0) == 0)
            return std::nullopt;
        failure failed = last_failure("fsconfig").at(step::mount);
        failed.subject = key != nullptr ? key : "create";
        if (value != nullptr)
            failed.subject.append("=").append(value);
        failed.kernel_message = first_message(context);
        return failed;
    }

    /// The oldest message of the context's log, without its prefix `e overlay: `. Conflicts that
    /// the kernel finds only when it creates the mount go to its own log instead, and leave this
    /// empty.
    [[nodiscard]] static std::string first_message(int context) {
        char buffer[1024];
        const ssize_t length = ::read(context, buffer, sizeof buffer);
        if (length <= 0)
            return {};
        std::string_view text{buffer, static_cast<std::size_t>(length)};
        while (text.ends_with('\n'))
            text.remove_suffix(1);
        for (const std::string_view prefix :
             {std::string_view{"e "}, std::string_view{"overlay: "}})
            if (text.starts_with(prefix))
                text.remove_prefix(prefix.size());
        return std::string{text};
    }
};

static_assert(mount_backend<fsopen_mount>);

} // namespace ovl
