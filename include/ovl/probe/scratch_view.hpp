// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/private_tmpfs.hpp>
#include <ovl/probe/merged_view.hpp>
#include <ovl/probe/scratch_overlay.hpp>
#include <ovl/scratch/remove_tree.hpp>

namespace ovl {

/// What a probe sees that does not fit the shared mounts: a scratch directory of its own, to look at what
/// the filesystem offers, or to build layers in and mount them in its own way.
template <policies P>
class scratch_view : public asked_view<P> {
  public:
    using tree_type = layer_tree<typename P::filesystem_class>;

    scratch_view(const P& set, tree_type& tree, private_tmpfs& apart, layer_set layers,
                 capability asked, const mount_options& extra,
                 const backing_filesystem& filesystem) noexcept
        : asked_view<P>{set, asked, filesystem}, tree_{tree}, apart_{apart}, layers_{layers},
          extra_{extra} {}

    /// The directory, empty and the probe's alone.
    [[nodiscard]] int fd() const noexcept { return tree_.fd(); }

    /// The same view of the directory opened anew, in a mount namespace entered since.
    [[nodiscard]] scratch_view through(tree_type& tree) const noexcept {
        return {set_, tree, apart_, layers_, asked_, extra_, filesystem_};
    }
    /// A tmpfs that nobody else sees, in a mount namespace of its own.
    [[nodiscard]] private_tmpfs& apart() const noexcept { return apart_; }

    /// Makes the layers of a writable overlay, and `entries` in them.
    [[nodiscard]] result<void> build(std::span<const tree_entry> entries) const {
        layer_set layers = layers_;
        layers.add(layer_set{entries});
        if (auto made = tree_.make_layers(layers); !made.has_value())
            return made;
        return tree_.template build<typename P::xattr_class>(this->home(), entries);
    }

    /// Empties the upper layer and the workdir, so that the same layers can be mounted again.
    [[nodiscard]] result<void> renew_upper() const {
        for (const layer_name which : {layer_name::upper, layer_name::work}) {
            if (auto gone = remove_tree(set_.fs, fd(), name(which)); !gone.has_value())
                return gone;
            if (auto made = tree_.make_directory(name(which), 0755); !made.has_value())
                return made;
        }
        return {};
    }

    /// Mounts what `build` made, or its upper layer above another `lower` one. The runtime's own options and the
    /// class's are added.
    [[nodiscard]] result<owned_mount> mount(const mount_options& options,
                                            const std::optional<layer>& lower = {}) const {
        return mount_scratch(set_, tree_, with_class(options), lower);
    }

    /// The options as the kernel is to get them.
    [[nodiscard]] mount_options with_class(const mount_options& options) const {
        mount_options all = extra_.overlaid_with(options);
        all.userxattr |= P::xattr_class::userxattr;
        return all;
    }

    /// The merged view of a mount of these layers. `options` and the mount must outlive it.
    [[nodiscard]] merged_view<P> merged(const owned_mount& mount,
                                        const mount_options& options) const noexcept {
        return {set_, mount.root(), tree_, asked_, options, filesystem_};
    }

    /// The verdict where a mount with the option or the kind of layer asked about is refused: `no` where plain
    /// layers can be mounted without it.
    [[nodiscard]] verdict option_refused(failure what) const {
        const bool refused = what.error_number == EINVAL || what.error_number == EPERM ||
                             what.error_number == EACCES;
        if (refused && plain_layers_can_be_mounted())
            return this->no(reason::option_refused, std::move(what));
        return this->could_not(std::move(what));
    }

  private:
    using asked_view<P>::set_;
    using asked_view<P>::asked_;
    using asked_view<P>::filesystem_;

    [[nodiscard]] bool plain_layers_can_be_mounted() const {
        static constexpr const char* place = "control";
        if (!set_.fs.make_directory(fd(), place, 0755).has_value())
            return false;
        const auto opened = set_.fs.open_directory(fd(), place);
        if (!opened.has_value())
            return false;
        tree_type plain{set_.fs, opened.value().get()};
        const bool mounted = plain.make_layers(layers_).has_value() &&
                             mount_scratch(set_, plain, with_class({})).has_value();
        static_cast<void>(plain.clear());
        return mounted;
    }

    tree_type& tree_;
    private_tmpfs& apart_;
    layer_set layers_;
    const mount_options& extra_;
};

} // namespace ovl
