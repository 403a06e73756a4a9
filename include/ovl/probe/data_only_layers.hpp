// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

namespace detail {

/// A file whose metadata is in one layer, and whose data is in another that redirects alone reach.
struct redirected_file {
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
    [[nodiscard]] static result<void> build(const scratch_view<P>& view, capability asked) {
        const std::string_view home = describe(asked).key;
        if (auto built = view.build(tree); !built.has_value())
            return built;
        auto redirected =
            view.set().fs.set_xattr(view.fd(), layer_path(layer_name::lower1, home, "f").c_str(),
                                    overlay_xattr<typename P::xattr_class, "redirect">,
                                    tree_path{"/"}.append(home).append(".content").view());
        if (!redirected.has_value())
            return fail(std::move(redirected.error()).at(step::build_layers).on("redirect"));
        return redirected;
    }

    /// What the file holds in a mount with these options. EPERM and EIO are how overlayfs answers for a
    /// redirect that it does not follow, and what else may fail once: overlayfs's comes again.
    template <policies P>
    [[nodiscard]] static result<std::string> read(const scratch_view<P>& view,
                                                  const mount_options& options) {
        auto mount = view.mount(options);
        if (!mount.has_value())
            return fail(std::move(mount.error()));
        const auto merged = view.merged(mount.value(), options);
        auto content = merged.content("f");
        if (!content.has_value() && refused(content.error()))
            content = merged.content("f");
        return content;
    }

    /// Whether the kernel will not, rather than cannot just now: it refuses the mount, or the redirect.
    [[nodiscard]] static bool refused(const failure& what) noexcept {
        const int error = what.error_number;
        return what.where == step::mount ? error == EINVAL || error == EPERM || error == EACCES
                                         : error == EPERM || error == EIO;
    }
};

} // namespace detail

/// Reads a file from a data-only layer through its redirect (Documentation/filesystems/overlayfs.rst, Data-only
/// lower layers). Before Linux 6.16 that takes metacopy=on, which no user namespace has.
struct data_only_layers {
    static constexpr capability asks = capability::data_only_layers;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        using detail::redirected_file;
        if (auto built = redirected_file::build(view, asks); !built.has_value())
            return view.could_not(std::move(built.error()));
        auto read = redirected_file::read(view, {});
        if (read.has_value() && read.value() == "data")
            return view.yes(reason::data_layer_read);
        if (!read.has_value() && !redirected_file::refused(read.error()))
            return view.could_not(std::move(read.error()));
        if (auto renewed = view.renew_upper(); !renewed.has_value())
            return view.could_not(std::move(renewed.error()));
        auto with_metacopy = redirected_file::read(view, {.metacopy = toggle::on});
        if (with_metacopy.has_value() && with_metacopy.value() == "data")
            return view.yes(reason::data_layer_needs_metacopy,
                            read.has_value() ? std::nullopt
                                             : std::optional{std::move(read.error())});
        if (!with_metacopy.has_value() && !redirected_file::refused(with_metacopy.error()))
            return view.could_not(std::move(with_metacopy.error()));
        if (read.has_value())
            return view.no(reason::data_layer_not_read);
        return read.error().where == step::mount
                   ? view.option_refused(std::move(read.error()))
                   : view.no(reason::data_layer_not_read, std::move(read.error()));
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
