// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "trust/subject_with.hpp"

#include <ovl/mount/libmount_mount.hpp>

namespace ovl_trust {

const std::array<subject, 2> by_libmount = subjects_with<ovl::libmount_mount>("libmount");

} // namespace ovl_trust
