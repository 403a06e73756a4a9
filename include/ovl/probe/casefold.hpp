// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <array>

namespace ovl {

/// Makes two directories ignore the case of names, looks a file up by another spelling, and mounts
/// them as layers. Linux takes such layers all or none, so both are.
struct casefold {
    static constexpr capability asks = capability::casefold;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        const auto& fs = view.set().fs;
        for (const char* const name : {"top", "bottom"}) {
            if (auto made = fs.make_directory(view.fd(), name, 0755); !made.has_value())
                return view.could_not(std::move(made.error()).at(step::build_layers).on(name));
            if (auto set = fs.set_casefold(view.fd(), name); !set.has_value()) {
                failure what = std::move(set.error()).at(step::act).on(name);
                return detail::says_unsupported(what.error_number)
                           ? view.no(reason::casefold_missing, std::move(what))
                           : view.could_not(std::move(what));
            }
        }
        if (auto made = fs.write_file(view.fd(), "bottom/name", 0600, ""); !made.has_value())
            return view.could_not(std::move(made.error()).at(step::build_layers).on("name"));
        if (auto found = fs.status(view.fd(), "bottom/NAME"); !found.has_value())
            return detail::not_there(view, std::move(found.error()).on("NAME"),
                                     reason::casefold_missing);
        return examine_layers(view);
    }

  private:
    template <policies P>
    [[nodiscard]] static verdict examine_layers(const scratch_view<P>& view) {
        auto mount = mount_pair(view, "top", "bottom");
        if (!mount.has_value()) {
            const bool refused = mount.error().error_number == EINVAL && control_works(view);
            return refused ? view.no(reason::casefold_layers_refused, std::move(mount.error()))
                           : view.could_not(std::move(mount.error()));
        }
        if (auto found = view.set().fs.status(mount.value().root(), "NAME"); !found.has_value()) {
            failure what = std::move(found.error()).at(step::observe).on("NAME");
            // EREMOTE is how overlayfs answers for a layer's entry that it will not compose.
            return what.error_number == EREMOTE
                       ? view.no(reason::casefold_layers_refused, std::move(what))
                       : detail::not_there(view, std::move(what), reason::casefold_layers_refused);
        }
        return view.yes(reason::casefold_layers_work);
    }

    /// Two directories of the view as the lower layers of an overlay without an upper.
    template <policies P>
    [[nodiscard]] static result<owned_mount> mount_pair(const scratch_view<P>& view,
                                                        const char* top, const char* bottom) {
        const std::array lower{layer{view.fd(), top}, layer{view.fd(), bottom}};
        static_cast<void>(view.set().fs.make_directory(view.fd(), merged_name, 0755));
        return owned_mount::make(view.set().mount, {.lower = lower},
                                 {.at = view.fd(), .path = merged_name});
    }

    template <policies P>
    [[nodiscard]] static bool control_works(const scratch_view<P>& view) {
        return view.set().fs.make_directory(view.fd(), "x", 0755).has_value() &&
               view.set().fs.make_directory(view.fd(), "y", 0755).has_value() &&
               mount_pair(view, "x", "y").has_value();
    }
};

/// Whether directories of `where` can ignore the case of names, and be layers. Needs write
/// permission in `where`, and CAP_SYS_ADMIN over the mount namespace for the layers.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_casefold(const directory& where, const mount_options& extra = {},
                                            const P& set = {}) {
    return run<P, casefold>(where, extra, set).front();
}

} // namespace ovl
