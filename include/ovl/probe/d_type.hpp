// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <dirent.h>
#include <string>
#include <string_view>

namespace ovl {

/// Makes a file and a directory, and looks at the types in the listing. Without them overlayfs
/// mounts with a warning, and deleted files are still listed.
struct d_type {
    static constexpr capability asks = capability::d_type;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        const auto& fs = view.set().fs;
        auto made = fs.make_directory(view.fd(), "l", 0700);
        if (made.has_value())
            made = fs.write_file(view.fd(), "l/f", 0600, "");
        if (made.has_value())
            made = fs.make_directory(view.fd(), "l/d", 0700);
        if (!made.has_value())
            return view.could_not(std::move(made.error()).at(step::build_layers).on("l"));
        // Opened only now: btrfs does not list what is made after a directory was opened.
        auto opened = fs.open_directory(view.fd(), "l");
        if (!opened.has_value())
            return view.could_not(std::move(opened.error()).at(step::observe).on("l"));
        return look_at(view, opened.value().get());
    }

  private:
    template <policies P>
    [[nodiscard]] static verdict look_at(const scratch_view<P>& view, int listing) {
        constexpr unsigned char not_listed = 255;
        unsigned char file = not_listed;
        unsigned char directory = not_listed;
        auto listed =
            for_each_entry(view.set().fs, listing, [&](std::string_view name, unsigned char type) {
                (name == "f" ? file : directory) = type;
            });
        if (!listed.has_value())
            return view.could_not(std::move(listed.error()).at(step::observe).on("l"));
        if (file == DT_REG && directory == DT_DIR)
            return view.yes(reason::d_type_told);
        failure seen = detail::observed("getdents64", "f: type " + std::to_string(file) +
                                                          ", d: type " + std::to_string(directory));
        if (file == not_listed || directory == not_listed)
            return view.could_not(std::move(seen));
        return view.no(why_not(view.filesystem().type), std::move(seen));
    }

    [[nodiscard]] static reason why_not(std::string_view type) noexcept {
        if (type == "ext4")
            return reason::d_type_missing_ext4;
        return type == "xfs" ? reason::d_type_missing_xfs : reason::d_type_missing;
    }
};

/// Whether directory listings in `where` tell the types of the entries. Needs write permission in
/// `where`, and no other privilege; leaves nothing behind.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_d_type(const directory& where, const mount_options& extra = {},
                                          const P& set = {}) {
    return run<P, d_type>(where, extra, set).front();
}

} // namespace ovl
