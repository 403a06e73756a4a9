// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/mount/owned_mount.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <array>
#include <cerrno>
#include <cstdint>

namespace ovl {

/// Mounts an overlay with the directory as its lower layer and everything else on a tmpfs of the
/// probe's own; lists it, and makes a directory in it.
struct lower_layer {
    static constexpr capability asks = capability::lower_layer;
    static constexpr bool any_class = true;
    static constexpr bool mounts = true;

    template <policies P>
    [[nodiscard]] static verdict inspect(const place_view<P>& view) {
        verdict found;
        const auto entered = view.apart().run([&](int tmpfs) { found = ask(view, tmpfs); });
        return entered.has_value() ? found : not_told(entered.error());
    }

  private:
    static constexpr const char* made_in_merged = "made-in-merged";

    template <policies P>
    [[nodiscard]] static verdict ask(const place_view<P>& view, int tmpfs) {
        // The view's descriptor is of a mount in the namespace that this thread has left.
        const auto place = directory::of(view.fd()).reopen();
        if (!place.has_value())
            return not_told(place.error());
        for (const char* const name : {"lower", "upper", "work", merged_name})
            if (auto made = view.set().fs.make_directory(tmpfs, name, 0755); !made.has_value())
                return not_told(std::move(made.error()).at(step::build_layers).on(name));
        auto mount = mount_above(view.set(), {.at = place.value().get()}, tmpfs);
        if (mount.has_value())
            return use(view, mount.value().root(), tmpfs);
        const int error = mount.error().error_number;
        const bool refusal = error == EINVAL || error == EPERM || error == EACCES;
        if (!refusal || !mount_above(view.set(), {.at = tmpfs, .path = "lower"}, tmpfs).has_value())
            return not_told(std::move(mount.error()));
        return view.no(error == EINVAL && view.filesystem().is_overlay()
                           ? reason::stacking_too_deep
                           : reason::lower_layer_refused,
                       std::move(mount.error()));
    }

    template <policies P>
    [[nodiscard]] static result<owned_mount> mount_above(const P& set, const layer& lower,
                                                         int tmpfs) {
        const std::array lowers{lower};
        const auto parameters = mount_options{.userxattr = P::xattr_class::userxattr}.parameters();
        return owned_mount::make(set.mount,
                                 {.lower = lowers,
                                  .upper = layer{.at = tmpfs, .path = "upper"},
                                  .work = layer{.at = tmpfs, .path = "work"},
                                  .parameters = parameters},
                                 {.at = tmpfs, .path = merged_name});
    }

    template <policies P>
    [[nodiscard]] static verdict use(const place_view<P>& view, int root, int tmpfs) {
        const auto& fs = view.set().fs;
        auto listing = fs.open_directory(root, ".");
        if (!listing.has_value())
            return not_told(std::move(listing.error()).at(step::observe).on("."));
        alignas(std::uint64_t) char entries[2048];
        if (auto listed = fs.read_entries(listing.value().get(), entries); !listed.has_value())
            return not_told(std::move(listed.error()).at(step::observe).on("."));
        if (auto made = fs.make_directory(root, made_in_merged, 0700); !made.has_value())
            return not_told(std::move(made.error()).at(step::act).on(made_in_merged));
        const auto upper = fs.open_directory(tmpfs, "upper");
        if (!upper.has_value())
            return not_told(failure{upper.error()}.at(step::observe).on("upper"));
        auto found = fs.status(upper.value().get(), made_in_merged);
        return found.has_value()
                   ? view.yes(reason::lower_layer_works)
                   : not_told(std::move(found.error()).at(step::observe).on(made_in_merged));
    }

    /// That the place cannot be written to is nothing here.
    [[nodiscard]] static verdict not_told(failure what) {
        return could_not(asks, std::move(what), {});
    }
};

/// Whether `where` may be a lower layer: on a read-only filesystem too, and on an overlay. Needs
/// CAP_SYS_ADMIN over the mount namespace, and no write permission; nothing is written in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict can_be_lower_layer(const directory& where, const mount_options& extra = {},
                                         const P& set = {}) {
    return run<P, lower_layer>(where, extra, set).front();
}

} // namespace ovl
