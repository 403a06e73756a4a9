// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Renames a lower directory, and looks for the redirect that tells where its content is. EXDEV means that
/// overlayfs makes none (Documentation/filesystems/overlayfs.rst, Renaming directories).
struct redirect_dir_active {
    static constexpr capability asks = capability::redirect_dir_active;
    static constexpr std::array tree{
        tree_entry{.where = layer_name::lower1, .path = "d1", .mode = S_IFDIR | 0755},
    };

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        const auto redirects = makes_redirects(view);
        if (!redirects.has_value())
            return view.could_not(redirects.error());
        return redirects.value() ? view.yes(reason::state_on) : view.no(reason::state_off);
    }

    template <policies P>
    [[nodiscard]] static result<bool> makes_redirects(const merged_view<P>& view) {
        auto renamed = view.rename("d1", "d2");
        if (!renamed.has_value() && renamed.error().error_number == EXDEV)
            return false;
        if (!renamed.has_value())
            return fail(std::move(renamed.error()));
        auto mark = view.template upper_mark<"redirect">("d2");
        if (!mark.has_value())
            return fail(std::move(mark.error()));
        return mark.value().has_value();
    }
};

/// The same, put to a mount with redirect_dir=on.
struct redirect_dir_option {
    static constexpr capability asks = capability::redirect_dir;
    static constexpr auto& tree = redirect_dir_active::tree;
    [[nodiscard]] static mount_options options() { return {.redirect_dir = redirect_dir_mode::on}; }

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        const auto redirects = redirect_dir_active::makes_redirects(view);
        if (!redirects.has_value())
            return view.could_not(redirects.error());
        return redirects.value() ? view.yes(reason::option_works)
                                 : view.no(reason::option_without_effect);
    }
};

/// Whether the rename of a lower directory in `where` leaves a redirect. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict using_redirect_dir(const directory& where, const mount_options& extra = {},
                                         const P& set = {}) {
    return run<P, redirect_dir_active>(where, extra, set).front();
}

/// Whether redirect_dir=on would work in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_redirect_dir(const directory& where,
                                                const mount_options& extra = {},
                                                const P& set = {}) {
    return run<P, redirect_dir_option>(where, extra, set).front();
}

} // namespace ovl
