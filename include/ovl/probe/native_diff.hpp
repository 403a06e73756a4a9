// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Renames a lower directory and copies an opaque one up, and looks at what the upper layer holds
/// then. EXDEV is the good answer: without redirect_dir, overlayfs leaves the rename to the caller
/// (Documentation/filesystems/overlayfs.rst, Renaming directories).
struct native_diff {
    static constexpr capability asks = capability::native_diff;
    static constexpr std::array tree{
        tree_entry{layer_name::lower1, "d", S_IFDIR | 0755},
        tree_entry{layer_name::lower1, "d1", S_IFDIR | 0755},
        tree_entry{layer_name::lower1, "f", S_IFREG | 0700},
        tree_entry{layer_name::lower2, "d", S_IFDIR | 0755, "opaque", "y"},
    };

    template <policies P>
    [[nodiscard]] static verdict observe(const merged_view<P>& view) {
        if (auto made = view.make_file("d/f", 0644); !made.has_value())
            return view.could_not(std::move(made.error()));
        auto opaque = view.template upper_mark<"opaque">("d");
        if (!opaque.has_value())
            return view.could_not(std::move(opaque.error()));
        if (opaque.value() == "y")
            return view.no(reason::opaque_copied_up, seen("opaque=y"));

        auto renamed = view.rename("d1", "d2");
        if (!renamed.has_value())
            return renamed.error().error_number == EXDEV
                       ? view.yes(reason::upper_is_the_diff, std::move(renamed.error()))
                       : view.could_not(std::move(renamed.error()));
        auto redirect = view.template upper_mark<"redirect">("d2");
        if (!redirect.has_value())
            return view.could_not(std::move(redirect.error()));
        if (!redirect.value().has_value())
            return view.yes(reason::upper_is_the_diff, seen("no redirect"));
        return view.no(cause(view), seen("redirect=" + *redirect.value()));
    }

  private:
    [[nodiscard]] static failure seen(std::string what) {
        return {.where = step::observe,
                .call = "lgetxattr",
                .error_number = 0,
                .subject = std::move(what)};
    }

    /// The setting to change: metacopy=on turns redirect_dir on (fs/overlayfs/params.c), and either
    /// may come from a mount option or be the kernel's default.
    template <policies P>
    [[nodiscard]] static reason cause(const merged_view<P>& view) {
        const auto metacopied = view.set_mode("f", 0600).has_value()
                                    ? view.template upper_mark<"metacopy">("f")
                                    : result<std::optional<std::string>>{};
        if (metacopied.has_value() && metacopied.value().has_value())
            return view.options().metacopy == toggle::on
                       ? reason::redirect_dir_on_by_metacopy
                       : reason::redirect_dir_on_by_metacopy_parameter;
        return view.options().redirect_dir == redirect_dir_mode::on
                   ? reason::redirect_dir_on
                   : reason::redirect_dir_on_by_parameter;
    }
};

/// Whether the upper directory of an overlay mounted in `where` can be read as the diff. `extra`
/// are the runtime's own mount options. Needs CAP_SYS_ADMIN over the mount namespace (and over the
/// initial user namespace with the trusted class), and write permission in `where`; leaves nothing
/// behind.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_native_diff(const directory& where,
                                               const mount_options& extra = {}, const P& set = {}) {
    return run<P, native_diff>(where, extra, set).front();
}

} // namespace ovl
