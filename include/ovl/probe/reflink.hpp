// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <string>

namespace ovl {

/// Makes a file a clone of another, and reads it.
struct reflink {
    static constexpr capability asks = capability::reflink;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        const auto& fs = view.set().fs;
        const std::string block(4096, 'r');
        auto made = fs.write_file(view.fd(), "from", 0600, block);
        if (made.has_value())
            made = fs.write_file(view.fd(), "to", 0600, "");
        if (!made.has_value())
            return view.could_not(std::move(made.error()).at(step::build_layers).on("from"));
        if (auto cloned = fs.clone_file(view.fd(), "from", "to"); !cloned.has_value()) {
            failure what = std::move(cloned.error()).at(step::act).on("to");
            return detail::says_unsupported(what.error_number)
                       ? view.no(why_not(view.filesystem().type), std::move(what))
                       : view.could_not(std::move(what));
        }
        std::string copy(block.size(), '\0');
        auto length = fs.read_file(view.fd(), "to", copy);
        if (!length.has_value())
            return view.could_not(std::move(length.error()).at(step::observe).on("to"));
        if (length.value() == block.size() && copy == block)
            return view.yes(reason::reflink_offered);
        return view.no(why_not(view.filesystem().type),
                       detail::observed("read", "the clone does not hold what the file holds"));
    }

  private:
    [[nodiscard]] static reason why_not(std::string_view type) noexcept {
        return type == "xfs" ? reason::reflink_missing_xfs : reason::reflink_missing;
    }
};

/// Whether files in `where` can share their data. Needs write permission in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_reflink(const directory& where, const mount_options& extra = {},
                                           const P& set = {}) {
    return run<P, reflink>(where, extra, set).front();
}

} // namespace ovl
