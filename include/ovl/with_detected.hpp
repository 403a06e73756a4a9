// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/user_namespace.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/userxattr_needed.hpp>

#include <utility>

namespace ovl {

/// Calls `visitor` with `rootless{}` where an overlay in `where` must be mounted with userxattr,
/// else with `rootful{}`, and returns what it returns, which must be of the same type for both.
/// For programs that do not know before they run in which mode they will be; both halves are
/// compiled. Where the question cannot be answered, being in a user namespace decides.
/// Privilege: as needs_userxattr.
template <class Visitor>
decltype(auto) with_detected(const directory& where, Visitor&& visitor) {
    const verdict needed = needs_userxattr<rootful>(where);
    bool user_class = needed == answer::yes;
    if (needed == answer::unknown) {
        const auto inside = running_in_user_namespace();
        user_class = inside.has_value() && inside.value();
    }
    return user_class ? std::forward<Visitor>(visitor)(rootless{})
                      : std::forward<Visitor>(visitor)(rootful{});
}

} // namespace ovl
