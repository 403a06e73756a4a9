// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/mount/diagnosis.hpp>
#include <ovl/mount/effective_options.hpp>
#include <ovl/mount/mount_tree.hpp>
#include <ovl/mount/option_difference.hpp>
#include <ovl/mount/option_rules.hpp>
#include <ovl/mount/owned_mount.hpp>
#include <ovl/policies.hpp>

#include <utility>
#include <vector>

namespace ovl {

/// An overlay, mounted as its options say, and owned: it ends with this, attached or not. Detached
/// (`make`) it is used through `root()`, and can be attached later; `make_at` mounts on a directory
/// at once. The policies choose the backend, and `userxattr` for the user class.
///
///     ovl::mount_options options{.lowerdir = {"/image/2", "/image/1"},
///                                .upperdir = "/run/u", .workdir = "/run/w"};
///     auto mount = ovl::overlay_mount<ovl::rootless>::make(options);
///
/// Needs CAP_SYS_ADMIN in the user namespace that owns the mount namespace.
template <policies P = default_policies>
class overlay_mount {
  public:
    /// Mounts without attaching. What is wrong with the options alone fails before any call, with
    /// the step `check_options`; what the kernel refuses fails with its errno, the option or layer
    /// at fault as the subject, and the rule as the explanation where it is known. ENOTSUP where
    /// the backend can only attach.
    [[nodiscard]] static result<overlay_mount> make(mount_options options, const P& set = {}) {
        if (set.mount.attaches())
            return fail({.where = step::mount,
                         .call = "mount",
                         .error_number = ENOTSUP,
                         .subject = std::string{P::mount_class::name},
                         .explanation = "this backend, or this kernel, can only attach its mounts: "
                                        "name a directory with make_at"});
        return mount(std::move(options), {}, set);
    }

    /// Mounts on the directory `where`, as `make` does.
    [[nodiscard]] static result<overlay_mount> make_at(mount_options options,
                                                       const directory& where, const P& set = {}) {
        const auto point = where.open();
        if (!point.has_value())
            return fail(point.error());
        if (!set.mount.attaches()) {
            auto made = mount(std::move(options), {}, set);
            if (made.has_value())
                if (auto attached = made.value().attach(directory::of(point.value().get()));
                    !attached.has_value())
                    return fail(std::move(attached.error()).on(where.name()));
            return made;
        }
        // The backend opens what it has mounted by this path, which must lead into the mount.
        const auto path = detail::path_of(point.value().get());
        if (!path.has_value())
            return fail(path.error());
        return mount(std::move(options), {.at = AT_FDCWD, .path = path.value().c_str()}, set);
    }

    /// The root of the merged view.
    [[nodiscard]] int root() const noexcept { return owned_.root(); }
    [[nodiscard]] bool attached() const noexcept { return owned_.attached(); }
    /// How it was made: the backend, and how the layers reached the kernel.
    [[nodiscard]] const mounted& how() const noexcept { return owned_.how(); }
    /// The options that it was made with.
    [[nodiscard]] const mount_options& requested() const noexcept { return options_; }

    /// Puts it on a directory, or moves it there: see ovl::attach.
    [[nodiscard]] result<void> attach(const directory& where) { return ovl::attach(owned_, where); }
    /// Ends it as asked: see ovl::unmount.
    [[nodiscard]] result<void> unmount(const unmounting& how = {}) {
        return ovl::unmount(owned_, how);
    }
    /// Gives it up; an attached one stays.
    [[nodiscard]] unique_fd release() noexcept { return owned_.release(); }

    /// Replaces its attributes: see ovl::set_attributes.
    [[nodiscard]] result<void> set_attributes(const mount_attributes& wanted) {
        auto done = ovl::set_attributes(root(), wanted);
        if (done.has_value())
            options_.attributes = wanted;
        return done;
    }
    [[nodiscard]] result<void> set_propagation(propagation wanted) {
        return ovl::set_propagation(root(), wanted);
    }

    /// The options in force, read back: see read_effective.
    [[nodiscard]] effective_options effective() const { return read_effective(owned_, options_); }
    /// What was asked for and did not come.
    [[nodiscard]] std::vector<option_difference> requested_but_not_effective() const {
        return ovl::requested_but_not_effective(options_, effective());
    }

  private:
    overlay_mount(owned_mount owned, mount_options options) noexcept
        : owned_{std::move(owned)}, options_{std::move(options)} {}

    [[nodiscard]] static result<overlay_mount> mount(mount_options options,
                                                     const mount_point& point, const P& set) {
        options.userxattr |= P::xattr_class::userxattr;
        if (auto checked = check_options(options); !checked.has_value())
            return fail(std::move(checked.error()));
        const auto views = [](const std::vector<layer_source>& sources) {
            std::vector<layer> layers;
            layers.reserve(sources.size());
            for (const layer_source& each : sources)
                layers.push_back(each.view());
            return layers;
        };
        const auto lower = views(options.lowerdir);
        const auto data = views(options.datadir);
        const auto parameters = options.parameters();
        mount_request request{.lower = lower,
                              .data = data,
                              .parameters = parameters,
                              .attributes = detail::attribute_bits(options.attributes)};
        if (options.upperdir) {
            request.upper = options.upperdir->view();
            request.work = options.workdir->view();
        }
        auto made = owned_mount::make(set.mount, request, point);
        if (!made.has_value())
            return fail(detail::diagnosis{options, std::move(made.error())}.explain());
        return overlay_mount{std::move(made.value()), std::move(options)};
    }

    owned_mount owned_;
    mount_options options_;
};

} // namespace ovl
