// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/unique_fd.hpp>

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

namespace ovlprobe {

/// A descriptor that poll(2) finds readable once the process has ended; none before Linux 5.3.
[[nodiscard]] inline ovl::unique_fd end_of(pid_t process) {
    constexpr long sys_pidfd_open = 434;
    return ovl::unique_fd{static_cast<int>(::syscall(sys_pidfd_open, process, 0))};
}

} // namespace ovlprobe
