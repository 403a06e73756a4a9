// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl::detail {

/// A lower directory to replace.
inline constexpr tree_entry directory_to_replace{
    .where = layer_name::lower1, .path = "d", .mode = S_IFDIR | 0755};

/// Removes `directory_to_replace` in the merged view and makes it anew: yes, for `works`, where that can be done. The
/// new one has to be marked in the upper layer; where that takes no attribute such as `attribute`, the kernel says
/// EIO. A failing disk says so too: what an attribute meets in a layer tells.
template <policies P>
[[nodiscard]] verdict replace_directory(const merged_view<P>& view, const char* attribute,
                                        reason works) {
    const char* const path = directory_to_replace.path;
    auto removed = view.remove_directory(path);
    auto replaced = removed.has_value() ? view.make_directory(path, 0755) : std::move(removed);
    if (replaced.has_value())
        return view.yes(works);
    if (replaced.error().error_number != EIO)
        return view.could_not(std::move(replaced.error()));
    auto marked = view.set().fs.set_xattr(
        view.scratch(), layer_path(layer_name::lower1, view.home(), path).c_str(), attribute, "y");
    const int error = marked.has_value() ? 0 : marked.error().error_number;
    if (error == ENOTSUP)
        return view.no(reason::no_xattrs, std::move(marked.error()).at(step::observe));
    return error == EPERM
               ? view.no(reason::lower_directory_not_replaced, std::move(replaced.error()))
               : view.could_not(std::move(replaced.error()));
}

} // namespace ovl::detail
