// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "mode.hpp"

#include "status.hpp"

#include <cstdio>
#include <fmt/format.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace ovlprobe {

namespace {

/// CAP_SYS_ADMIN in the effective set, asked of the kernel since /proc may not be mounted.
bool may_mount() {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3]{};
    return ::syscall(SYS_capget, &header, sets) == 0 &&
           (sets[0].effective >> CAP_SYS_ADMIN & 1U) != 0;
}

} // namespace

std::variant<mode, int> choose_mode(const arguments& wanted) {
    const auto inside_one = ovl::running_in_user_namespace();
    const bool inside = inside_one.has_value() && inside_one.value();
    const bool privileged = may_mount();
    // What mounts nothing needs no namespace to mount in.
    switch (wanted.mode) {
    case mode_choice::rootful:
        if (privileged || wanted.no_mount)
            return mode{.rootless = false, .enter = false};
        fmt::print(stderr, "ovlprobe: --mode rootful needs CAP_SYS_ADMIN, which this process does "
                           "not have; run it with sudo, or with --mode rootless\n");
        return could_not_tell;
    case mode_choice::rootless:
        return mode{.rootless = true, .enter = !(inside && privileged) && !wanted.no_mount};
    case mode_choice::automatic:
        break;
    }
    return mode{.rootless = inside || !privileged, .enter = !privileged && !wanted.no_mount};
}

} // namespace ovlprobe
