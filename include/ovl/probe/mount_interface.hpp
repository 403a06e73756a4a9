// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/mount_context.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/private_layers.hpp>
#include <ovl/probe/run.hpp>

#include <fcntl.h>

namespace ovl {

namespace detail {

/// The verdict where an overlay's context could not be opened.
[[nodiscard]] inline verdict without_context(capability asked, failure what) {
    if (what.error_number == ENOSYS)
        return give(asked, answer::no, reason::new_mount_api_missing, std::move(what));
    if (what.error_number == ENODEV)
        return give(asked, answer::no, reason::overlay_missing, std::move(what));
    return could_not(asked, std::move(what), {});
}

/// A key that no kernel knows. Native support refuses it at once; the legacy one takes everything,
/// and looks at it when the mount is created.
[[nodiscard]] inline result<void> set_unknown_key(const mount_context& context) {
    return context.set_flag("ovl-probe");
}

} // namespace detail

/// Opens a context for overlay, gives it a key that does not exist, and tries to mount it: fsmount
/// must say that it is too early, which is EINVAL.
struct new_mount_api {
    static constexpr capability asks = capability::new_mount_api;

    template <policies P>
    [[nodiscard]] static verdict consider(const P&) {
        auto context = mount_context::open("overlay");
        if (!context.has_value())
            return detail::without_context(asks, std::move(context.error()));
        auto refused = detail::set_unknown_key(context.value());
        if (!refused.has_value() && refused.error().error_number != EINVAL)
            return detail::without_context(asks, std::move(refused.error()));
        auto mounted = context.value().mount();
        if (!mounted.has_value() && mounted.error().error_number != EINVAL)
            return detail::without_context(asks, std::move(mounted.error()));
        return give(asks, answer::yes,
                    refused.has_value() ? reason::new_mount_api_legacy
                                        : reason::new_mount_api_native);
    }
};

/// Mounts an overlay of two layers on a tmpfs, attaches it nowhere, and reads in it.
struct detached_mount {
    static constexpr capability asks = capability::detached_mount;
    static constexpr bool mounts = true;

    template <policies P>
    [[nodiscard]] static verdict consider(const P& set, private_tmpfs& apart) {
        return detail::ask_over_private_layers(
            asks, set, apart, [&](const detail::private_layers& layers) {
                auto made = fsopen_mount{}.mount({.lower = layers.pair()}, {});
                if (!made.has_value())
                    return detail::without_context(asks, std::move(made.error()));
                auto found = layers.both_show_in(set.fs, made.value().root.get());
                return found.has_value() ? give(asks, answer::yes, reason::detached_mount_works)
                                         : could_not(asks, std::move(found.error()), {});
            });
    }
};

/// Gives a context a key that does not exist, and reads what the kernel says to that.
struct mount_log {
    static constexpr capability asks = capability::mount_log;

    template <policies P>
    [[nodiscard]] static verdict consider(const P&) {
        auto context = mount_context::open("overlay");
        if (!context.has_value())
            return detail::without_context(asks, std::move(context.error()));
        auto refused = detail::set_unknown_key(context.value());
        if (refused.has_value())
            return give(asks, answer::no, reason::mount_log_silent,
                        detail::observed("fsconfig", "a key that does not exist is taken"));
        if (refused.error().error_number != EINVAL)
            return detail::without_context(asks, std::move(refused.error()));
        // An empty message may be one that could not be read.
        if (refused.error().kernel_message.empty()) {
            auto message = context.value().message();
            if (!message.has_value())
                return could_not(asks, std::move(message.error()), {});
            refused.error().kernel_message = std::move(message.value());
        }
        const bool silent = refused.error().kernel_message.empty();
        return give(asks, silent ? answer::no : answer::yes,
                    silent ? reason::mount_log_silent : reason::mount_log_speaks,
                    std::move(refused.error()));
    }
};

/// Whether the kernel offers fsopen(2) and its kin for overlay. Needs CAP_SYS_ADMIN over the mount
/// namespace; mounts nothing. `where` is not looked at.
template <policies P = default_policies>
[[nodiscard]] verdict has_new_mount_api(const directory& where, const mount_options& extra = {},
                                        const P& set = {}) {
    return run<P, new_mount_api>(where, extra, set).front();
}

/// Whether an overlay can be used without attaching it. Needs CAP_SYS_ADMIN over the mount
/// namespace. `where` is not looked at: the layers are on a tmpfs.
template <policies P = default_policies>
[[nodiscard]] verdict can_use_detached_mounts(const directory& where,
                                              const mount_options& extra = {}, const P& set = {}) {
    return run<P, detached_mount>(where, extra, set).front();
}

/// Whether the kernel says in words why it refuses an option. Needs CAP_SYS_ADMIN over the mount
/// namespace; mounts nothing. `where` is not looked at.
template <policies P = default_policies>
[[nodiscard]] verdict has_mount_log(const directory& where, const mount_options& extra = {},
                                    const P& set = {}) {
    return run<P, mount_log>(where, extra, set).front();
}

} // namespace ovl
