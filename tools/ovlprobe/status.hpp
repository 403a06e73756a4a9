// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

namespace ovlprobe {

/// The exit statuses; a gate relies on them.
enum exit_status : int {
    fine = 0,
    required_is_no = 1,
    wrong_usage = 2,
    could_not_tell = 3,
};

} // namespace ovlprobe
