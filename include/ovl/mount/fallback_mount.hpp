// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/mount_backend.hpp>

#include <cerrno>

namespace ovl {

/// Mounts with `First`, and with `Second` only where the kernel has no such interface at all:
/// ENOSYS, which an old kernel answers, and a seccomp filter that stands for one. Every other
/// refusal is an answer, and stands. `mounted::through` names the one that did it.
template <mount_backend First, mount_backend Second>
    requires requires {
        { First::available() } -> std::same_as<bool>;
    }
struct fallback_mount {
    static constexpr std::string_view name = First::name;

    [[no_unique_address]] First first{};
    [[no_unique_address]] Second second{};

    [[nodiscard]] bool attaches() const noexcept {
        return First::available() ? first.attaches() : second.attaches();
    }

    [[nodiscard]] result<mounted> mount(const mount_request& request,
                                        const mount_point& point) const {
        auto made = first.mount(request, point);
        // A filter that refuses a later call alone is no older kernel: the caller has not prepared for
        // an attached mount.
        const bool missing = !made.has_value() && made.error().error_number == ENOSYS;
        if (missing && !First::available())
            return second.mount(request, point);
        return made;
    }
};

} // namespace ovl
