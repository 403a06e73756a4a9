// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Asks for the file handle of a directory. name_to_handle_at(2) gives one only where it can be
/// opened again, which is what overlayfs needs.
struct file_handles {
    static constexpr capability asks = capability::file_handles;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        const auto& fs = view.set().fs;
        if (auto made = fs.make_directory(view.fd(), "d", 0700); !made.has_value())
            return view.could_not(std::move(made.error()).at(step::build_layers).on("d"));
        auto encoded = fs.encode_handle(view.fd(), "d");
        if (encoded.has_value())
            return view.yes(reason::file_handles_encoded);
        failure what = std::move(encoded.error()).at(step::act).on("d");
        return detail::says_unsupported(what.error_number)
                   ? view.no(reason::file_handles_missing, std::move(what))
                   : view.could_not(std::move(what));
    }
};

/// Whether the filesystem of `where` encodes file handles. Needs write permission in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_file_handles(const directory& where,
                                                const mount_options& extra = {},
                                                const P& set = {}) {
    return run<P, file_handles>(where, extra, set).front();
}

} // namespace ovl
