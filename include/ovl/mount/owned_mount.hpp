// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/escape.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <sys/mount.h>
#include <utility>

namespace ovl {

/// Owns an overlay mount. An attached one is detached when this ends; either kind is gone once no
/// descriptor or working directory uses it. Nothing is ever removed through it.
class owned_mount {
  public:
    owned_mount() noexcept = default;
    explicit owned_mount(mounted what) noexcept : what_{std::move(what)} {}
    owned_mount(owned_mount&& other) noexcept : what_{std::exchange(other.what_, mounted{})} {}
    owned_mount& operator=(owned_mount&& other) noexcept {
        if (this != &other) {
            static_cast<void>(unmount());
            what_ = std::exchange(other.what_, mounted{});
        }
        return *this;
    }
    owned_mount(const owned_mount&) = delete;
    owned_mount& operator=(const owned_mount&) = delete;
    ~owned_mount() { static_cast<void>(unmount()); }

    /// Mounts `request` with `backend`, on `point` where that attaches.
    template <mount_backend B>
    [[nodiscard]] static result<owned_mount> make(const B& backend, const mount_request& request,
                                                  const mount_point& point = {}) {
        auto made = backend.mount(request, point);
        if (!made.has_value())
            return fail(std::move(made.error()));
        return owned_mount{std::move(made.value())};
    }

    /// The root of the merged view.
    [[nodiscard]] int root() const noexcept { return what_.root.get(); }
    /// The backend that made it.
    [[nodiscard]] std::string_view through() const noexcept { return what_.through; }
    /// What is known of how it was made.
    [[nodiscard]] const mounted& how() const noexcept { return what_; }
    [[nodiscard]] bool attached() const noexcept { return what_.attached; }
    /// To be called by whoever has attached it.
    void set_attached() noexcept { what_.attached = true; }

    /// Gives the mount up: an attached one stays where it is, another lives as long as the
    /// descriptor.
    [[nodiscard]] unique_fd release() noexcept { return take().root; }
    /// The same, with what is known of it.
    [[nodiscard]] mounted take() noexcept { return std::exchange(what_, mounted{}); }

    /// Ends the mount now, as soon as nobody uses it. Tried twice, since nobody can end it later: the
    /// descriptor is closed all the same. Fails with the errno of umount2(2).
    [[nodiscard]] result<void> unmount() {
        mounted ended = std::exchange(what_, mounted{});
        if (!ended.attached || !ended.root)
            return {};
        std::string path;
        append_layer(path, {.at = ended.root.get(), .path = {}}, mount_interface::mount_string,
                     layer_role::appended);
        if (::umount2(path.c_str(), MNT_DETACH) != 0 && ::umount2(path.c_str(), MNT_DETACH) != 0)
            return fail(last_failure("umount2").at(step::unmount).on(path));
        return {};
    }

  private:
    mounted what_;
};

} // namespace ovl
