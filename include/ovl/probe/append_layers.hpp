// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/classic_mount.hpp>
#include <ovl/mount/mount_context.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/mount_interface.hpp>
#include <ovl/probe/private_layers.hpp>
#include <ovl/probe/run.hpp>

#include <fcntl.h>
#include <string>

namespace ovl {

/// Appends two layers on a tmpfs with lowerdir+, mounts them and looks for what is in each; through
/// mount(2) where there is no fsopen(2).
struct append_layers {
    static constexpr capability asks = capability::append_layers;
    static constexpr bool mounts = true;

    template <policies P>
    [[nodiscard]] static verdict consider(const P& set) {
        return detail::ask_over_private_layers(
            asks, set, [&](const detail::private_layers& layers) {
                auto root = mount_appended(layers);
                if (!root.has_value())
                    return detail::refused_over(layers, asks, set, reason::layers_not_appended,
                                                std::move(root.error()));
                auto found = layers.both_show_in(set.fs, root.value().get());
                return found.has_value() ? give(asks, answer::yes, reason::layers_appended)
                                         : could_not(asks, std::move(found.error()), {});
            });
    }

  private:
    [[nodiscard]] static std::string path_of(const layer& which) {
        std::string path;
        append_layer(path, which, mount_interface::fsconfig, layer_role::appended);
        return path;
    }

    [[nodiscard]] static result<unique_fd> mount_appended(const detail::private_layers& layers) {
        const auto context = mount_context::open("overlay");
        if (!context.has_value())
            return context.error().error_number == ENOSYS ? mount_appended_by_string(layers)
                                                          : fail(context.error());
        for (const layer& each : layers.pair())
            if (auto set = context.value().set_string("lowerdir+", path_of(each).c_str());
                !set.has_value())
                return fail(std::move(set.error()));
        if (auto created = context.value().create(); !created.has_value())
            return fail(std::move(created.error()));
        return context.value().mount();
    }

    [[nodiscard]] static result<unique_fd>
    mount_appended_by_string(const detail::private_layers& layers) {
        std::string data;
        for (const layer& each : layers.pair())
            data.append(data.empty() ? "" : ",").append("lowerdir+=").append(path_of(each));
        const std::string target = detail::mount_point_path(layers.point());
        if (::mount("overlay", target.c_str(), "overlay", 0, data.c_str()) != 0)
            return fail(last_failure("mount").at(step::mount).on(data));
        return detail::open_mounted(layers.point());
    }
};

/// Gives two layers on a tmpfs as descriptors, opened with O_RDONLY, and then with O_PATH.
struct layer_fds {
    static constexpr capability asks = capability::layer_fds;
    static constexpr bool mounts = true;

    template <policies P>
    [[nodiscard]] static verdict consider(const P& set) {
        return detail::ask_over_private_layers(
            asks, set, [&](const detail::private_layers& layers) {
                auto readable = mount_opened(layers, set, O_RDONLY);
                if (!readable.has_value() && readable.error().call == "fsopen")
                    return detail::without_context(asks, std::move(readable.error()));
                if (!readable.has_value())
                    return detail::refused_over(layers, asks, set, reason::layer_fds_refused,
                                                std::move(readable.error()));
                auto by_path = mount_opened(layers, set, O_PATH);
                if (by_path.has_value())
                    return give(asks, answer::yes, reason::layer_fds_of_any_kind);
                // EBADF: fsconfig(2) itself once took no such descriptor.
                const int error = by_path.error().error_number;
                return error == EBADF || error == EINVAL
                           ? give(asks, answer::yes, reason::layer_fds_not_by_path_only,
                                  std::move(by_path.error()))
                           : could_not(asks, std::move(by_path.error()), {});
            });
    }

  private:
    template <policies P>
    [[nodiscard]] static result<void> mount_opened(const detail::private_layers& layers,
                                                   const P& set, int access) {
        const auto context = mount_context::open("overlay");
        if (!context.has_value())
            return fail(context.error());
        for (const layer& each : layers.pair()) {
            const unique_fd opened{
                ::openat(each.at, each.path.data(), access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
            if (!opened)
                return fail(last_failure("openat").at(step::build_layers).on(each.path));
            auto given = context.value().set_descriptor("lowerdir+", opened.get());
            if (!given.has_value())
                return given;
        }
        if (auto created = context.value().create(); !created.has_value())
            return created;
        const auto root = context.value().mount();
        return root.has_value() ? layers.both_show_in(set.fs, root.value().get())
                                : fail(root.error());
    }
};

/// Whether lower layers can be appended one by one. Needs CAP_SYS_ADMIN over the mount namespace.
/// `where` is not looked at: the layers are on a tmpfs.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_append_layers(const directory& where,
                                                 const mount_options& extra = {},
                                                 const P& set = {}) {
    return run<P, append_layers>(where, extra, set).front();
}

/// Whether layers can be given as descriptors. Needs CAP_SYS_ADMIN over the mount namespace. `where`
/// is not looked at: the layers are on a tmpfs.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_layer_fds(const directory& where,
                                             const mount_options& extra = {}, const P& set = {}) {
    return run<P, layer_fds>(where, extra, set).front();
}

} // namespace ovl
