// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/detail/bounded_text.hpp>
#include <ovl/policy/filesystem_operations.hpp>
#include <ovl/policy/xattr_namespace.hpp>
#include <ovl/scratch/entry_journal.hpp>
#include <ovl/scratch/remove_tree.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace ovl {

/// Where an attaching backend mounts.
inline constexpr const char* merged_name = "merged";

/// The directories of a scratch overlay. The lower layers are stacked with `lower2` above `lower1`.
/// `merged` is where an attaching backend mounts.
enum class layer_name : std::uint8_t { lower1, lower2, data, upper, work, merged };

[[nodiscard]] constexpr const char* name(layer_name which) noexcept {
    constexpr const char* names[] = {"lower1", "lower2", "data", "upper", "work", merged_name};
    return names[static_cast<unsigned>(which)];
}

/// One entry that a probe wants in a layer before the mount.
struct tree_entry {
    layer_name where;
    /// Relative to the layer, but for the probe's own name in front; parents come first.
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
[[nodiscard]] constexpr layer_set writable_layers(bool attached) noexcept {
    layer_set layers{};
    layers.add(layer_name::lower1);
    layers.add(layer_name::upper);
    layers.add(layer_name::work);
    if (attached)
        layers.add(layer_name::merged);
    return layers;
}

inline constexpr std::array all_layers{layer_name::lower1, layer_name::lower2, layer_name::data,
                                       layer_name::upper,  layer_name::work,   layer_name::merged};

/// A path in the scratch directory or in the merged view.
using tree_path = detail::bounded_text<160>;

/// `home.path`: in the merged view. A name of its own costs a probe less than a directory of its own would.
[[nodiscard]] inline tree_path merged_path(std::string_view home, std::string_view path) noexcept {
    return tree_path{home}.append('.').append(path);
}

/// `layer/home.path`: in the scratch directory.
[[nodiscard]] inline tree_path layer_path(layer_name where, std::string_view home,
                                          std::string_view path) noexcept {
    return tree_path{name(where)}.append('/').append(home).append('.').append(path);
}

/// The layers of an overlay, made in a scratch directory as they are declared, and removed in the reverse order of
/// their making. `fs` must outlive it; the directory stays the caller's.
template <filesystem_operations F>
class layer_tree {
  public:
    layer_tree(const F& fs, int fd) noexcept : fs_{fs}, fd_{fd} {}

    /// The directory that holds the layers.
    [[nodiscard]] int fd() const noexcept { return fd_; }

    /// Makes the layers' directories themselves. Fails with the errno of mkdirat(2).
    [[nodiscard]] result<void> make_layers(layer_set layers) {
        for (const layer_name which : all_layers) {
            if (!layers.has(which))
                continue;
            if (auto made = make_directory(name(which), 0755); !made.has_value())
                return made;
            layers_.add(which);
        }
        return {};
    }

    /// The layers that are made.
    [[nodiscard]] layer_set layers() const noexcept { return layers_; }

    /// Makes what one probe wants; the layers it uses are there. Every name at the top of a layer begins with `home`,
    /// so that probes can share the layers. Fails with the call, the errno and the entry or attribute at fault.
    template <xattr_namespace X>
    [[nodiscard]] result<void> build(std::string_view home, std::span<const tree_entry> entries) {
        for (const tree_entry& entry : entries)
            if (auto made = make_entry<X>(layer_path(entry.where, home, entry.path), entry);
                !made.has_value())
                return made;
        return {};
    }

    [[nodiscard]] result<void> make_directory(const tree_path& path, mode_t mode) {
        return noted(path, entry_kind::directory, fs_.make_directory(fd_, path.c_str(), mode));
    }

    /// Notes an entry that somebody else made here.
    void note(const tree_path& path, entry_kind kind) noexcept { journal_.add(path.view(), kind); }

    /// Notes that its layers have been mounted with volatile, and tells whether they ever were.
    void note_volatile() noexcept { was_volatile_ = true; }
    [[nodiscard]] bool was_volatile() const noexcept { return was_volatile_; }

    /// Notes what an act on `home.path` in the merged view leaves in the upper layer: the entry, and the directories
    /// above it, which are copied up with it.
    void note_upper(std::string_view home, std::string_view path, entry_kind kind) noexcept {
        const tree_path whole = layer_path(layer_name::upper, home, path);
        const std::size_t upper = std::string_view{name(layer_name::upper)}.size();
        for (std::size_t slash = whole.view().find('/', upper + 1); slash != std::string_view::npos;
             slash = whole.view().find('/', slash + 1))
            journal_.add(whole.view().substr(0, slash), entry_kind::directory);
        journal_.add(whole.view(), kind);
    }

    /// Removes all that the directory holds, and keeps it. Fails where something stays.
    [[nodiscard]] result<void> clear() {
        layers_ = {};
        if (journal_.remove(fs_, fd_) && cleared_)
            return {};
        cleared_ = false;
        if (::lseek(fd_, 0, SEEK_SET) != 0)
            return fail(last_failure("lseek").at(step::remove_scratch));
        auto emptied = remove_entries(fs_, fd_);
        cleared_ = emptied.has_value();
        return emptied;
    }

  private:
    template <xattr_namespace X>
    [[nodiscard]] result<void> make_entry(const tree_path& path, const tree_entry& entry) {
        const mode_t permissions = entry.mode & 07777;
        if (S_ISDIR(entry.mode)) {
            if (auto made = make_directory(path, permissions); !made.has_value())
                return made;
        } else {
            auto made = noted(path, entry_kind::file,
                              entry.content.empty()
                                  ? fs_.make_node(fd_, path.c_str(), entry.mode)
                                  : fs_.write_file(fd_, path.c_str(), permissions, entry.content));
            if (!made.has_value())
                return made;
        }
        return entry.xattr == nullptr ? result<void>{} : set_mark<X>(path, entry);
    }

    template <xattr_namespace X>
    [[nodiscard]] result<void> set_mark(const tree_path& path, const tree_entry& entry) {
        detail::bounded_text<64> attribute{X::prefix};
        attribute.append(entry.xattr);
        auto set = fs_.set_xattr(fd_, path.c_str(), attribute.c_str(), entry.xattr_value);
        if (!set.has_value())
            return fail(std::move(set.error()).at(step::build_layers).on(attribute.view()));
        return set;
    }

    [[nodiscard]] result<void> noted(const tree_path& path, entry_kind kind, result<void> made) {
        if (!made.has_value())
            return fail(std::move(made.error()).at(step::build_layers).on(path.view()));
        journal_.add(path.view(), kind);
        return made;
    }

    const F& fs_;
    int fd_;
    layer_set layers_{};
    bool was_volatile_ = false;
    entry_journal journal_{};
    /// Whether nothing is there that the journal does not know: false after a failure to clear.
    bool cleared_ = true;
};

} // namespace ovl
