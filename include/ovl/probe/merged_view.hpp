// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/backing_filesystem.hpp>
#include <ovl/mount/mount_options.hpp>
#include <ovl/policy/xattr.hpp>
#include <ovl/probe/asked_view.hpp>
#include <ovl/scratch/layer_tree.hpp>

#include <string_view>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace ovl {

/// What a probe sees once its overlay is mounted: its own entries in the merged view, on which it
/// acts, and the layers below, in which it looks at what that left. Paths are as in its tree.
/// Failures carry the path and the step, `act` or `observe`.
template <policies P>
class merged_view : public asked_view<P> {
  public:
    merged_view(const P& set, int root, layer_tree<typename P::filesystem_class>& tree,
                capability asked, const mount_options& options,
                const backing_filesystem& filesystem) noexcept
        : asked_view<P>{set, asked, filesystem}, root_{root}, tree_{tree}, options_{options} {}

    [[nodiscard]] result<void> make_file(std::string_view path, mode_t mode) const {
        return act(path, entry_kind::file, [&](const char* name) {
            return set_.fs.make_node(root_, name, S_IFREG | mode);
        });
    }
    [[nodiscard]] result<void> make_directory(std::string_view path, mode_t mode) const {
        return act(path, entry_kind::directory,
                   [&](const char* name) { return set_.fs.make_directory(root_, name, mode); });
    }
    [[nodiscard]] result<void> remove_directory(std::string_view path) const {
        return act(path, entry_kind::file,
                   [&](const char* name) { return set_.fs.remove_directory(root_, name); });
    }
    [[nodiscard]] result<void> remove_file(std::string_view path) const {
        return act(path, entry_kind::file,
                   [&](const char* name) { return set_.fs.remove_file(root_, name); });
    }
    /// Sets one of overlayfs's marks on a directory in the merged view, which is not the same as in a layer.
    template <literal mark>
    [[nodiscard]] result<void> set_mark(std::string_view path, std::string_view value) const {
        return act(path, entry_kind::directory, [&](const char* name) {
            return set_.fs.set_xattr(root_, name, overlay_xattr<typename P::xattr_class, mark>,
                                     value);
        });
    }
    [[nodiscard]] result<void> encode_handle(std::string_view path) const {
        return act(path, entry_kind::file,
                   [&](const char* name) { return set_.fs.encode_handle(root_, name); });
    }
    [[nodiscard]] result<void> set_mode(std::string_view path, mode_t mode) const {
        return act(path, entry_kind::file,
                   [&](const char* name) { return set_.fs.set_mode(root_, name, mode); });
    }
    /// Renames a directory.
    [[nodiscard]] result<void> rename(std::string_view from, std::string_view to) const {
        auto renamed = act(from, entry_kind::file, [&](const char* name) {
            return set_.fs.rename(root_, name, merged_path(this->home(), to).c_str(), 0);
        });
        if (renamed.has_value())
            tree_.note_upper(this->home(), to, entry_kind::directory);
        return renamed;
    }

    /// One of overlayfs's marks on an entry of the upper layer, in the class of the policies.
    template <literal mark>
    [[nodiscard]] result<std::optional<std::string>> upper_mark(std::string_view path) const {
        auto read = read_xattr(set_.fs, tree_.fd(),
                               layer_path(layer_name::upper, this->home(), path).c_str(),
                               overlay_xattr<typename P::xattr_class, mark>);
        if (!read.has_value())
            return fail(std::move(read.error()).at(step::observe));
        return read;
    }

    /// Whether the merged view shows an entry of this name.
    [[nodiscard]] result<bool> shows(std::string_view path) const {
        return exists(root_, merged_path(this->home(), path));
    }
    /// Whether the workdir holds an entry of this name, which only some options make overlayfs put there.
    [[nodiscard]] result<bool> work_has(std::string_view entry) const {
        return exists(tree_.fd(), tree_path{name(layer_name::work)}.append('/').append(entry));
    }
    /// What a file of the merged view holds, up to 64 bytes.
    [[nodiscard]] result<std::string> content(std::string_view path) const {
        return read(root_, merged_path(this->home(), path));
    }

    /// The verdict where a step failed on the way. Where the kernel cannot prepare its workdir it
    /// mounts read-only and says so nowhere else (fs/overlayfs/super.c: ovl_get_workdir); EROFS
    /// from a mount that is not read-only is a failure like any other.
    [[nodiscard]] verdict could_not(failure what) const {
        if (what.error_number == EROFS) {
            const auto mount = set_.fs.filesystem_status(root_);
            if (mount.has_value() && (mount.value().f_flags & ST_RDONLY) != 0)
                return ruled_out(asked_, reason::mount_read_only, std::move(what));
        }
        return asked_view<P>::could_not(std::move(what));
    }

    /// The directory that holds the layers, for what the acts above do not cover.
    [[nodiscard]] int scratch() const noexcept { return tree_.fd(); }
    /// The options that the mount was made with.
    [[nodiscard]] const mount_options& options() const noexcept { return options_; }

  private:
    using asked_view<P>::set_;
    using asked_view<P>::asked_;

    [[nodiscard]] result<bool> exists(int at, const tree_path& path) const {
        auto found = set_.fs.status(at, path.c_str());
        if (found.has_value())
            return true;
        if (found.error().error_number == ENOENT)
            return false;
        return fail(std::move(found.error()).at(step::observe).on(path.view()));
    }

    [[nodiscard]] result<std::string> read(int at, const tree_path& path) const {
        char buffer[64];
        auto length = set_.fs.read_file(at, path.c_str(), buffer);
        if (!length.has_value())
            return fail(std::move(length.error()).at(step::observe).on(path.view()));
        return std::string{buffer, length.value()};
    }

    template <class Act>
    [[nodiscard]] result<void> act(std::string_view path, entry_kind left, Act what) const {
        auto done = what(merged_path(this->home(), path).c_str());
        if (!done.has_value())
            return fail(std::move(done.error()).at(step::act).on(path));
        tree_.note_upper(this->home(), path, left);
        return done;
    }

    int root_;
    layer_tree<typename P::filesystem_class>& tree_;
    const mount_options& options_;
};

} // namespace ovl
