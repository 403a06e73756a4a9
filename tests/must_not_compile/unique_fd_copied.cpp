// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
// expect: deleted (function|constructor)

#include <ovl/core/unique_fd.hpp>

void two_owners(ovl::unique_fd& owner) {
#ifdef CONTROL
    ovl::unique_fd other{static_cast<ovl::unique_fd&&>(owner)};
#else
    ovl::unique_fd other{owner};
#endif
}
