// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Reads a file whose metadata is in one layer, and whose data is in another that redirects alone reach
/// (Documentation/filesystems/overlayfs.rst, Data-only lower layers). Before Linux 6.16 that takes metacopy=on,
/// which no user namespace has.
struct data_only_layers {
    static constexpr capability asks = capability::data_only_layers;
    static constexpr std::array tree{
        tree_entry{.where = layer_name::data,
                   .path = "content",
                   .mode = S_IFREG | 0644,
                   .content = "data"},
        tree_entry{.where = layer_name::lower1,
                   .path = "f",
                   .mode = S_IFREG | 0644,
                   .xattr = "metacopy",
                   .content = "hole"},
    };

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        if (auto built = view.build(tree); !built.has_value())
            return view.could_not(std::move(built.error()));
        if (auto redirected = redirect(view); !redirected.has_value())
            return view.could_not(std::move(redirected.error()).at(step::build_layers));
        auto read = read_through(view, {});
        if (read.has_value() && read.value() == "data")
            return view.yes(reason::data_layer_read);
        const auto read_with_metacopy = read_through(view, {.metacopy = toggle::on});
        if (read_with_metacopy.has_value() && read_with_metacopy.value() == "data")
            return view.yes(reason::data_layer_needs_metacopy);
        if (read.has_value())
            return view.no(reason::data_layer_not_read);
        // The mount is refused where the kernel knows no data-only layers, and reading fails with EIO or
        // EPERM where it follows no redirect for this mount.
        return read.error().where == step::mount ? view.option_refused(std::move(read.error()))
               : read.error().error_number == EIO || read.error().error_number == EPERM
                   ? view.no(reason::data_layer_not_read, std::move(read.error()))
                   : view.could_not(std::move(read.error()));
    }

  private:
    template <policies P>
    [[nodiscard]] static result<void> redirect(const scratch_view<P>& view) {
        return view.set().fs.set_xattr(
            view.fd(), layer_path(layer_name::lower1, describe(asks).key, "f").c_str(),
            overlay_xattr<typename P::xattr_class, "redirect">, "/data-only-layers/content");
    }

    template <policies P>
    [[nodiscard]] static result<std::string> read_through(const scratch_view<P>& view,
                                                          const mount_options& options) {
        auto mount = view.mount(tree, options);
        if (!mount.has_value())
            return fail(std::move(mount.error()));
        auto content = view.merged(mount.value(), options).content("f");
        static_cast<void>(mount.value().unmount());
        static_cast<void>(view.renew_upper());
        return content;
    }
};

/// Whether a layer in `where` can hold data alone, reached by redirects. Privilege and effect as
/// does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_data_only_layers(const directory& where,
                                                    const mount_options& extra = {},
                                                    const P& set = {}) {
    return run<P, data_only_layers>(where, extra, set).front();
}

} // namespace ovl
