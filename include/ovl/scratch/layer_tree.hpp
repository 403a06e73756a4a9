// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/detail/bounded_text.hpp>
#include <ovl/policy/filesystem_operations.hpp>
#include <ovl/policy/xattr_namespace.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <sys/stat.h>

namespace ovl {

/// The directories of a scratch overlay. The lower layers are stacked with `lower2` above `lower1`.
enum class layer_name : std::uint8_t { lower1, lower2, data, upper, work };

[[nodiscard]] constexpr const char* name(layer_name which) noexcept {
    constexpr const char* names[] = {"lower1", "lower2", "data", "upper", "work"};
    return names[static_cast<unsigned>(which)];
}

/// One entry that a probe wants in a layer before the mount.
struct tree_entry {
    layer_name where;
    /// Relative to the probe's own directory in that layer; parents come first.
    const char* path;
    /// File type and permissions, as mknod(2) takes them.
    mode_t mode;
    /// A mark of overlayfs to set on it, without the class's prefix; none where null.
    const char* xattr = nullptr;
    std::string_view xattr_value = {};
    /// What a regular file holds.
    std::string_view content = {};
};

/// The layers that entries lie in, as a set.
class layer_set {
  public:
    constexpr layer_set() noexcept = default;
    constexpr explicit layer_set(std::span<const tree_entry> entries) noexcept {
        for (const tree_entry& entry : entries)
            add(entry.where);
    }
    constexpr void add(layer_name which) noexcept { bits_ |= 1U << static_cast<unsigned>(which); }
    constexpr void add(layer_set other) noexcept { bits_ |= other.bits_; }
    [[nodiscard]] constexpr bool has(layer_name which) const noexcept {
        return (bits_ >> static_cast<unsigned>(which) & 1U) != 0;
    }

  private:
    unsigned bits_ = 0;
};

/// What every writable overlay has.
[[nodiscard]] constexpr layer_set writable_layers() noexcept {
    layer_set layers{};
    layers.add(layer_name::lower1);
    layers.add(layer_name::upper);
    layers.add(layer_name::work);
    return layers;
}

inline constexpr std::array all_layers{layer_name::lower1, layer_name::lower2, layer_name::data,
                                       layer_name::upper, layer_name::work};

/// A path in the scratch directory or in the merged view.
using tree_path = detail::bounded_text<160>;

/// `home/path`: in the merged view.
[[nodiscard]] inline tree_path merged_path(std::string_view home, std::string_view path) noexcept {
    return tree_path{home}.append('/').append(path);
}

/// `layer/home/path`: in the scratch directory.
[[nodiscard]] inline tree_path layer_path(layer_name where, std::string_view home,
                                          std::string_view path) noexcept {
    return tree_path{name(where)}.append('/').append(home).append('/').append(path);
}

/// Makes the layers' directories themselves. Fails with the errno of mkdirat(2).
template <filesystem_operations F>
[[nodiscard]] result<void> make_layers(const F& fs, int scratch, layer_set layers) {
    for (const layer_name which : all_layers)
        if (layers.has(which))
            if (auto made = fs.make_directory(scratch, name(which), 0755); !made.has_value())
                return fail(std::move(made.error()).at(step::build_layers).on(name(which)));
    return {};
}

namespace detail {

template <xattr_namespace X, filesystem_operations F>
[[nodiscard]] result<void> make_entry(const F& fs, int scratch, std::string_view home,
                                      const tree_entry& entry) {
    const tree_path path = layer_path(entry.where, home, entry.path);
    auto made = S_ISDIR(entry.mode) ? fs.make_directory(scratch, path.c_str(), entry.mode & 07777)
                : entry.content.empty()
                    ? fs.make_node(scratch, path.c_str(), entry.mode)
                    : fs.write_file(scratch, path.c_str(), entry.mode & 07777, entry.content);
    if (!made.has_value())
        return fail(std::move(made.error()).at(step::build_layers).on(path.view()));
    if (entry.xattr == nullptr)
        return {};
    bounded_text<64> attribute{X::prefix};
    attribute.append(entry.xattr);
    made = fs.set_xattr(scratch, path.c_str(), attribute.c_str(), entry.xattr_value);
    if (!made.has_value())
        return fail(std::move(made.error()).at(step::build_layers).on(attribute.view()));
    return {};
}

} // namespace detail

/// Makes what one probe wants, in a directory `home` of its own in each layer it uses; the layers
/// are there. Fails with the call, the errno and the entry or attribute at fault.
template <xattr_namespace X, filesystem_operations F>
[[nodiscard]] result<void> build_tree(const F& fs, int scratch, std::string_view home,
                                      std::span<const tree_entry> entries) {
    const layer_set used{entries};
    for (const layer_name where : all_layers) {
        if (!used.has(where))
            continue;
        const tree_path path = tree_path{name(where)}.append('/').append(home);
        if (auto made = fs.make_directory(scratch, path.c_str(), 0755); !made.has_value())
            return fail(std::move(made.error()).at(step::build_layers).on(path.view()));
    }
    for (const tree_entry& entry : entries)
        if (auto made = detail::make_entry<X>(fs, scratch, home, entry); !made.has_value())
            return made;
    return {};
}

} // namespace ovl
