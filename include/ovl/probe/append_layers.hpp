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
    [[nodiscard]] static verdict consider(const P& set, private_tmpfs& apart) {
        return detail::ask_over_private_layers(
            asks, set, apart, [&](const detail::private_layers& layers) {
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

/// Gives two layers on a tmpfs as descriptors, one opened with O_RDONLY and one with O_PATH, or where that is not
/// taken with O_RDONLY too; mounts them, and looks for what is in each.
struct layer_fds {
    static constexpr capability asks = capability::layer_fds;
    static constexpr bool mounts = true;

    template <policies P>
    [[nodiscard]] static verdict consider(const P& set, private_tmpfs& apart) {
        return detail::ask_over_private_layers(
            asks, set, apart, [&](const detail::private_layers& layers) {
                const auto context = mount_context::open("overlay");
                if (!context.has_value())
                    return detail::without_context(asks, context.error());
                const auto& [first, second] = layers.pair();
                auto given = give_opened(context.value(), first, O_RDONLY);
                auto by_path =
                    given.has_value() ? give_opened(context.value(), second, O_PATH) : given;
                if (given.has_value() && !by_path.has_value())
                    given = give_opened(context.value(), second, O_RDONLY);
                if (given.has_value())
                    given = mount_and_look(context.value(), layers, set);
                return given.has_value()
                           ? taken(by_path)
                           : detail::refused_over(layers, asks, set, reason::layer_fds_refused,
                                                  std::move(given.error()));
            });
    }

  private:
    [[nodiscard]] static result<void> give_opened(const mount_context& context, const layer& which,
                                                  int access) {
        const unique_fd opened{
            ::openat(which.at, which.path.data(), access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)};
        if (!opened)
            return fail(last_failure("openat").at(step::build_layers).on(which.path));
        return context.set_descriptor("lowerdir+", opened.get());
    }

    template <policies P>
    [[nodiscard]] static result<void> mount_and_look(const mount_context& context,
                                                     const detail::private_layers& layers,
                                                     const P& set) {
        if (auto created = context.create(); !created.has_value())
            return created;
        const auto root = context.mount();
        return root.has_value() ? layers.both_show_in(set.fs, root.value().get())
                                : fail(root.error());
    }

    /// The verdict where descriptors are taken, and those opened with O_PATH too or not.
    [[nodiscard]] static verdict taken(const result<void>& by_path) {
        if (by_path.has_value())
            return give(asks, answer::yes, reason::layer_fds_of_any_kind);
        // EBADF: fsconfig(2) itself once took no such descriptor.
        const int error = by_path.error().error_number;
        return error == EBADF || error == EINVAL
                   ? give(asks, answer::yes, reason::layer_fds_not_by_path_only, by_path.error())
                   : could_not(asks, by_path.error(), {});
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
