// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/data_only_layers.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Asks whether the filesystem offers fs-verity, and whether verity=require is in effect: then a file whose data is
/// redirected without a digest cannot be opened (EIO). Documentation/filesystems/overlayfs.rst, fs-verity support.
struct verity_option {
    static constexpr capability asks = capability::verity;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        using detail::redirected_file;
        if (auto built = redirected_file::build(view, asks); !built.has_value())
            return view.could_not(std::move(built.error()));
        const auto data = layer_path(layer_name::data, describe(asks).key, "content");
        if (auto enabled = view.set().fs.enable_verity(view.fd(), data.c_str());
            !enabled.has_value()) {
            const int error = enabled.error().error_number;
            return error == ENOTTY || error == EOPNOTSUPP
                       ? view.no(reason::verity_unsupported,
                                 std::move(enabled.error()).on("content"))
                       : view.could_not(std::move(enabled.error()).at(step::act));
        }
        auto read = redirected_file::read(view, {.verity = verity_mode::require});
        if (read.has_value())
            return view.no(reason::option_without_effect);
        if (read.error().where == step::mount)
            return view.option_refused(std::move(read.error()));
        return read.error().error_number == EIO
                   ? view.yes(reason::option_works, std::move(read.error()))
                   : view.could_not(std::move(read.error()));
    }
};

/// Whether verity=on is accepted and effective in `where`. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_verity(const directory& where, const mount_options& extra = {},
                                          const P& set = {}) {
    return run<P, verity_option>(where, extra, set).front();
}

} // namespace ovl
