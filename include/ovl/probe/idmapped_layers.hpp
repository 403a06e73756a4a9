// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/detail/kernel_calls.hpp>
#include <ovl/environment/make_user_namespace.hpp>
#include <ovl/environment/user_namespace.hpp>
#include <ovl/mount/owned_mount.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <array>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <optional>
#include <string>
#include <string_view>
#include <unistd.h>

namespace ovl {

namespace detail {

/// A user namespace to map a mount by, and what then is shown for a file of a given owner.
struct owner_map {
    unique_fd user_namespace;
    uid_t owner = 0;
    /// None where it is the owner of files without a mapping, whoever that is.
    std::optional<uid_t> shown{};

    /// The next uid where the caller may give it; else no mapping for this owner but one for another,
    /// which is all that a user namespace with one id of its own can do.
    [[nodiscard]] static result<owner_map> of(uid_t owner, gid_t group) {
        auto made = make_user_namespace({owner, group, owner + 1, group + 1});
        if (made.has_value())
            return owner_map{std::move(made.value()), owner, owner + 1};
        auto without = make_user_namespace({owner + 1, group + 1, ::geteuid(), ::getegid()});
        if (!without.has_value())
            return fail(std::move(without.error()));
        return owner_map{std::move(without.value()), owner, std::nullopt};
    }
};

} // namespace detail

/// Mounts the directory a second time with its owner mapped, takes that as a lower layer, the other
/// one being on a tmpfs, and looks at the owner in the merged view.
struct idmapped_layers {
    static constexpr capability asks = capability::idmapped_layers;
    static constexpr bool any_class = true;
    static constexpr bool mounts = true;

    template <policies P>
    [[nodiscard]] static verdict inspect(const place_view<P>& view) {
        auto status = view.set().fs.status(view.fd(), "");
        if (!status.has_value())
            return not_told(std::move(status.error()).at(step::observe));
        // Made first: above the tmpfs this thread counts as chrooted, and may make none.
        auto map = detail::owner_map::of(status.value().st_uid, status.value().st_gid);
        if (!map.has_value())
            return not_told(std::move(map.error()));
        verdict found;
        const auto entered =
            view.apart().run([&](int tmpfs) { found = ask(view, map.value(), tmpfs); });
        return entered.has_value() ? found : not_told(entered.error());
    }

  private:
    template <policies P>
    [[nodiscard]] static verdict ask(const place_view<P>& view, const detail::owner_map& map,
                                     int tmpfs) {
        // The view's descriptor is of a mount in the namespace that this thread has left.
        const auto place = directory::of(view.fd()).reopen();
        if (!place.has_value())
            return not_told(place.error());
        for (const char* const name : {"plain", "point", merged_name})
            if (auto made = view.set().fs.make_directory(tmpfs, name, 0755); !made.has_value())
                return not_told(std::move(made.error()).at(step::build_layers).on(name));
        auto clone = mount_mapped(place.value().get(), map.user_namespace.get(), tmpfs);
        if (!clone.has_value())
            return not_mapped(view, std::move(clone.error()));
        return look_through(view, {clone.value().get(), place.value().get(), tmpfs}, map);
    }

    /// A second mount of the place, with its owners mapped. It is attached, since before Linux 6.15 a
    /// layer must be in a mount of the caller's namespace.
    [[nodiscard]] static result<unique_fd> mount_mapped(int place, int user_namespace, int tmpfs) {
        const auto failed = [](std::string_view call) {
            return fail(last_failure(call).at(step::act).on("idmapped mount"));
        };
        unique_fd clone{detail::open_tree(
            place, "", detail::open_tree_clone | detail::open_tree_cloexec | AT_EMPTY_PATH)};
        if (!clone)
            return failed("open_tree");
        const detail::mount_attr attributes{detail::mount_attr_idmap, 0, 0,
                                            static_cast<std::uint64_t>(user_namespace)};
        if (detail::mount_setattr(clone.get(), "", AT_EMPTY_PATH, attributes) != 0)
            return failed("mount_setattr");
        if (detail::move_mount(clone.get(), "", tmpfs, "point",
                               detail::move_mount_from_empty_path) != 0)
            return failed("move_mount");
        return clone;
    }

    template <policies P>
    [[nodiscard]] static verdict not_mapped(const place_view<P>& view, failure what) {
        if (what.error_number == ENOSYS)
            return view.no(reason::idmapped_mounts_missing, std::move(what));
        if (what.call != "mount_setattr")
            return not_told(std::move(what));
        if (what.error_number == EINVAL)
            return view.no(reason::idmapped_filesystem_unsupported, std::move(what));
        const auto inside = running_in_user_namespace();
        return what.error_number == EPERM && inside.has_value() && inside.value()
                   ? view.no(reason::idmapped_filesystem_not_owned, std::move(what))
                   : not_told(std::move(what));
    }

    struct directories {
        int clone;
        int place;
        int tmpfs;
    };

    template <policies P>
    [[nodiscard]] static verdict look_through(const place_view<P>& view, const directories& at,
                                              const detail::owner_map& map) {
        auto mount = mount_with(view.set(), at.clone, at.tmpfs);
        if (!mount.has_value()) {
            const bool refused = mount.error().error_number == EINVAL &&
                                 mount_with(view.set(), at.place, at.tmpfs).has_value();
            return refused ? view.no(reason::idmapped_layer_refused, std::move(mount.error()))
                           : not_told(std::move(mount.error()));
        }
        auto found = view.set().fs.status(mount.value().root(), "");
        if (!found.has_value())
            return not_told(std::move(found.error()).at(step::observe).on("merged"));
        const uid_t merged = found.value().st_uid;
        failure seen = detail::observed("fstatat", "owner " + std::to_string(map.owner) +
                                                       " shows as " + std::to_string(merged));
        const bool as_mapped = map.shown.has_value() ? merged == *map.shown : merged != map.owner;
        return as_mapped ? view.yes(reason::idmapped_owner_shown, std::move(seen))
                         : view.no(reason::idmapped_owner_not_shown, std::move(seen));
    }

    template <policies P>
    [[nodiscard]] static result<owned_mount> mount_with(const P& set, int top, int tmpfs) {
        const std::array lower{layer{.at = top}, layer{.at = tmpfs, .path = "plain"}};
        return owned_mount::make(set.mount, {.lower = lower}, {.at = tmpfs, .path = merged_name});
    }

    /// That the place cannot be written to is nothing here.
    [[nodiscard]] static verdict not_told(failure what) {
        return could_not(asks, std::move(what), {});
    }
};

/// Whether a layer in `where` can be seen through an idmapped mount. Needs CAP_SYS_ADMIN over the
/// mount namespace and over the user namespace that mounted the filesystem, and no write permission;
/// nothing is written in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_idmapped_layers(const directory& where,
                                                   const mount_options& extra = {},
                                                   const P& set = {}) {
    return run<P, idmapped_layers>(where, extra, set).front();
}

} // namespace ovl
