// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/namespace_classifier.hpp>
#include <ovl/environment/namespace_stages.hpp>

#include <cerrno>
#include <optional>
#include <sched.h>

namespace ovl {

/// Moves the calling process into a new user namespace with `map`, and into a mount namespace of
/// its own below it, with full capabilities there. There is no way back.
///
/// Returns none on success, else the stage that was refused and why; the process may by then be
/// in the new user namespace, and has no use for it. Needs no privilege, but a single thread
/// (EINVAL otherwise).
[[nodiscard]] inline std::optional<namespace_refusal>
enter_user_namespace(const id_map& map = id_map::to_root()) {
    const namespace_facts facts = read_namespace_facts();
    if (::unshare(CLONE_NEWUSER) != 0)
        return classify(namespace_stage::unshare, errno, facts);
    std::optional<namespace_stop> stop = write_id_maps("self", map);
    if (!stop)
        stop = enter_mount_namespace();
    if (!stop)
        return std::nullopt;
    return classify(stop->stage, stop->error_number, facts);
}

} // namespace ovl
