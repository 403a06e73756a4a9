// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
// expect: available\(\)

#include <ovl/policies.hpp>

#ifdef CONTROL
ovl::fallback_mount<ovl::fsopen_mount, ovl::classic_mount> backend;
#else
ovl::fallback_mount<ovl::classic_mount, ovl::fsopen_mount> backend;
#endif
