// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/kernel_calls.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ovl {

/// Asks statmount(2) about the mount of the root directory.
struct statmount_query {
    static constexpr capability asks = capability::statmount;

    template <policies P>
    [[nodiscard]] static verdict consider(const P&) {
        const auto id = id_of_root_mount();
        if (!id.has_value())
            return id.error().error_number == 0
                       ? give(asks, answer::no, reason::statmount_missing, id.error())
                       : could_not(asks, id.error(), {});
        alignas(detail::statmount_head) char room[16384];
        const detail::mnt_id_request request{
            sizeof request, 0, id.value(), detail::statmount_fs_type | detail::statmount_mnt_opts};
        if (detail::statmount(request, room, sizeof room) != 0) {
            failure what = last_failure("statmount").at(step::observe).on("/");
            return what.error_number == ENOSYS
                       ? give(asks, answer::no, reason::statmount_missing, std::move(what))
                       : could_not(asks, std::move(what), {});
        }
        detail::statmount_head head{};
        std::memcpy(&head, room, sizeof head);
        return give(asks, answer::yes,
                    (head.mask & detail::statmount_mnt_opts) != 0
                        ? reason::statmount_with_options
                        : reason::statmount_without_options);
    }

  private:
    /// The mount's unique id, which statx(2) gives since the same Linux 6.8.
    [[nodiscard]] static result<std::uint64_t> id_of_root_mount() {
        constexpr std::uint32_t mnt_id_unique = 0x4000;
        constexpr std::size_t mnt_id_at = 0x90;
        // struct statx, whose newer fields an older libc has no names for.
        alignas(std::uint64_t) char found[256] = {};
        if (::syscall(SYS_statx, AT_FDCWD, "/", 0, mnt_id_unique, found) != 0)
            return fail(last_failure("statx").at(step::observe).on("/"));
        std::uint32_t mask = 0;
        std::memcpy(&mask, found, sizeof mask);
        if ((mask & mnt_id_unique) == 0)
            return fail(detail::observed("statx", "no unique mount id"));
        std::uint64_t id = 0;
        std::memcpy(&id, found + mnt_id_at, sizeof id);
        return id;
    }
};

/// Whether the kernel offers statmount(2). Needs no privilege. `where` is not looked at.
template <policies P = default_policies>
[[nodiscard]] verdict has_statmount(const directory& where, const mount_options& extra = {},
                                    const P& set = {}) {
    return run<P, statmount_query>(where, extra, set).front();
}

} // namespace ovl
