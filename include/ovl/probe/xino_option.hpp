// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Mounts with xino=on over a lower layer on another filesystem, and compares a lower file's device number in the merged
/// view with the overlay's own: they are equal only where inode numbers are made unique across layers
/// (Documentation/filesystems/overlayfs.rst, Inode properties). Over one filesystem they are always equal, which tells
/// nothing; so the lower layer is on a tmpfs that nobody else sees.
struct xino_option {
    static constexpr capability asks = capability::xino;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        std::optional<verdict> found;
        const auto entered = view.apart().run([&](int tmpfs) {
            const auto base = directory::of(view.fd()).reopen();
            if (!base.has_value()) {
                found = view.could_not(failure{base.error()}.at(step::build_layers));
                return;
            }
            typename scratch_view<P>::tree_type tree{view.set().fs, base.value().get()};
            found = compare(view.through(tree), tmpfs);
            static_cast<void>(tree.clear());
        });
        return entered.has_value() ? std::move(*found) : view.could_not(entered.error());
    }

  private:
    template <policies P>
    [[nodiscard]] static verdict compare(const scratch_view<P>& view, int tmpfs) {
        if (auto built = build(view, tmpfs); !built.has_value())
            return view.could_not(std::move(built.error()));
        const auto mount = view.mount({.xino = xino_mode::on},
                                      layer{.at = tmpfs, .path = name(layer_name::lower1)});
        if (!mount.has_value())
            return view.option_refused(mount.error());
        const auto root = view.set().fs.status(mount.value().root(), "");
        if (!root.has_value())
            return view.could_not(failure{root.error()}.at(step::observe));
        const auto file = view.set().fs.status(mount.value().root(), "f");
        if (!file.has_value())
            return view.could_not(failure{file.error()}.at(step::observe));
        return root.value().st_dev == file.value().st_dev ? view.yes(reason::option_works)
                                                          : view.no(reason::option_without_effect);
    }

    template <policies P>
    [[nodiscard]] static result<void> build(const scratch_view<P>& view, int tmpfs) {
        if (auto made = view.build({}); !made.has_value())
            return made;
        const auto& fs = view.set().fs;
        auto made = fs.make_directory(tmpfs, name(layer_name::lower1), 0755);
        if (made.has_value())
            made = fs.make_node(tmpfs, "lower1/f", S_IFREG | 0644);
        if (!made.has_value())
            return fail(std::move(made.error()).at(step::build_layers).on("lower1/f"));
        return made;
    }
};

/// Whether xino=on is accepted and effective in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_xino(const directory& where, const mount_options& extra = {},
                                        const P& set = {}) {
    return run<P, xino_option>(where, extra, set).front();
}

} // namespace ovl
