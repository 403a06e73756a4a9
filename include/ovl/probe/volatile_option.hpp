// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

namespace ovl {

/// Mounts with volatile, and again with the same workdir: the kernel must refuse that (EINVAL), for what a crash
/// has torn cannot be told from what it has not (Documentation/filesystems/overlayfs.rst, Volatile mount).
struct volatile_option {
    static constexpr capability asks = capability::volatile_mount;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        if (auto built = view.build({}); !built.has_value())
            return view.could_not(std::move(built.error()));
        const mount_options options{.is_volatile = true};
        auto first = view.mount(options);
        if (!first.has_value())
            return view.option_refused(first.error());
        static_cast<void>(first.value().unmount());
        auto second = view.mount(options);
        if (second.has_value())
            return view.no(reason::volatile_not_guarded);
        return second.error().error_number == EINVAL
                   ? view.yes(reason::volatile_works, std::move(second.error()))
                   : view.could_not(std::move(second.error()));
    }
};

/// Whether volatile is accepted in `where`, and a second mount of the same workdir refused. Privilege and effect as does_support_native_diff.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_volatile(const directory& where, const mount_options& extra = {},
                                            const P& set = {}) {
    return run<P, volatile_option>(where, extra, set).front();
}

} // namespace ovl
