// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/owned_mount.hpp>
#include <ovl/mount/private_tmpfs.hpp>
#include <ovl/policy/policy_set.hpp>
#include <ovl/probe/scratch_overlay.hpp>
#include <ovl/probe/verdict.hpp>

#include <array>
#include <cerrno>
#include <utility>

/// Layers on a tmpfs, for the questions that are about the kernel and not about a directory.
namespace ovl::detail {

/// Two directories, `a` with the file `in-a` and `b` with `in-b`, and one to mount on.
class private_layers {
  public:
    template <filesystem_operations F>
    [[nodiscard]] static result<private_layers> make(const F& fs, int tmpfs) {
        auto made = fs.make_directory(tmpfs, "a", 0755);
        if (made.has_value())
            made = fs.make_directory(tmpfs, "b", 0755);
        if (made.has_value())
            made = fs.make_directory(tmpfs, merged_name, 0755);
        if (made.has_value())
            made = fs.write_file(tmpfs, "a/in-a", 0644, "");
        if (made.has_value())
            made = fs.write_file(tmpfs, "b/in-b", 0644, "");
        if (!made.has_value())
            return fail(std::move(made.error()).at(step::build_layers).on("a, b"));
        return private_layers{tmpfs};
    }

    /// The directory that holds them.
    [[nodiscard]] int tmpfs() const noexcept { return tmpfs_; }
    /// Both, `a` above `b`.
    [[nodiscard]] const std::array<layer, 2>& pair() const noexcept { return pair_; }

    /// For the backends that attach.
    [[nodiscard]] mount_point point() const noexcept { return {.at = tmpfs_, .path = merged_name}; }

    /// Whether an overlay of the two can be mounted at all: the control.
    template <mount_backend B>
    [[nodiscard]] bool can_be_mounted(const B& backend) const {
        return owned_mount::make(backend, {.lower = pair_}, point()).has_value();
    }

    /// Whether an overlay with this root shows what is in each.
    template <filesystem_operations F>
    [[nodiscard]] result<void> both_show_in(const F& fs, int root) const {
        for (const char* const name : {"in-a", "in-b"})
            if (auto found = fs.status(root, name); !found.has_value())
                return fail(std::move(found.error()).at(step::observe).on(name));
        return {};
    }

  private:
    explicit private_layers(int tmpfs) noexcept
        : tmpfs_{tmpfs}, pair_{layer{tmpfs, "a"}, layer{tmpfs, "b"}} {}

    int tmpfs_;
    std::array<layer, 2> pair_;
};

/// The verdict where the layers could not be mounted in the way asked about, or what was mounted not be looked at.
template <policies P>
[[nodiscard]] verdict refused_over(const private_layers& layers, capability asked, const P& set,
                                   reason refused, failure what) {
    // ENOTSUP is what a mount context before Linux 6.5 says to anything but strings and flags.
    const bool refusal = what.error_number == EINVAL || what.error_number == EPERM ||
                         what.error_number == EACCES || what.error_number == ENOTSUP;
    return refusal && what.where == step::mount && layers.can_be_mounted(set.mount)
               ? give(asked, answer::no, refused, std::move(what))
               : could_not(asked, std::move(what), {});
}

/// What `ask(layers)` says of layers on a tmpfs that nobody else sees.
template <policies P, class Ask>
[[nodiscard]] verdict ask_over_private_layers(capability asked, const P& set, private_tmpfs& apart,
                                              Ask ask) {
    verdict found;
    const auto entered = apart.run([&](int tmpfs) {
        auto layers = private_layers::make(set.fs, tmpfs);
        found = layers.has_value() ? ask(layers.value())
                                   : could_not(asked, std::move(layers.error()), {});
    });
    return entered.has_value() ? found : could_not(asked, entered.error(), {});
}

} // namespace ovl::detail
