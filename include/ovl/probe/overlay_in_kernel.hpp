// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/kernel_calls.hpp>
#include <ovl/detail/read_text.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

#include <cerrno>
#include <string_view>
#include <sys/mount.h>

namespace ovl {

namespace detail {

/// Whether a text of /proc/filesystems names a filesystem: `nodev<TAB>overlay`.
[[nodiscard]] inline bool lists_filesystem(std::string_view filesystems, std::string_view name) {
    while (!filesystems.empty()) {
        const std::string_view line = filesystems.substr(0, filesystems.find('\n'));
        if (line.substr(line.find('\t') + 1) == name)
            return true;
        filesystems.remove_prefix(std::min(line.size() + 1, filesystems.size()));
    }
    return false;
}

} // namespace detail

/// Asks for the filesystem by name, which makes the kernel load its module. Where fsopen(2) is not to
/// be had, the list of those that are loaded, and then a mount(2) with an option that does not
/// exist: EINVAL comes from overlay, ENODEV from a kernel without it.
struct overlay_in_kernel {
    static constexpr capability asks = capability::overlay;

    template <policies P>
    [[nodiscard]] static verdict consider(const P&) {
        const unique_fd context{detail::fsopen("overlay", detail::fsopen_cloexec)};
        if (context)
            return give(asks, answer::yes, reason::overlay_available);
        if (errno == ENODEV)
            return missing("fsopen");
        const auto filesystems = detail::read_text("/proc/filesystems");
        if (filesystems.has_value() && detail::lists_filesystem(filesystems.value(), "overlay"))
            return give(asks, answer::yes, reason::overlay_available);
        if (::mount("overlay", "/", "overlay", 0, "ovl-probe") != 0 && errno == EINVAL)
            return give(asks, answer::yes, reason::overlay_available);
        return errno == ENODEV
                   ? missing("mount")
                   : could_not(asks, last_failure("mount").at(step::mount).on("overlay"), {});
    }

  private:
    [[nodiscard]] static verdict missing(std::string_view call) {
        return give(asks, answer::no, reason::overlay_missing,
                    last_failure(call).at(step::mount).on("overlay"));
    }
};

/// Whether the kernel has overlayfs. Needs no privilege where it is loaded already, else
/// CAP_SYS_ADMIN over the mount namespace; mounts nothing. `where` is not looked at.
template <policies P = default_policies>
[[nodiscard]] verdict has_overlay(const directory& where, const mount_options& extra = {},
                                  const P& set = {}) {
    return run<P, overlay_in_kernel>(where, extra, set).front();
}

} // namespace ovl
