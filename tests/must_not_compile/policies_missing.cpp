// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
// expect: satisf(action of|y) '(ovl::)?policies

#include <ovl/probe/native_diff.hpp>

ovl::verdict ask() {
#ifdef CONTROL
    return ovl::does_support_native_diff<ovl::rootless>(".");
#else
    return ovl::does_support_native_diff<ovl::user_xattr>(".");
#endif
}
