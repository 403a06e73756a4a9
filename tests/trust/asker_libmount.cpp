// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "trust/asker_with.hpp"

#include <ovl/mount/libmount_mount.hpp>

namespace ovl_trust {

const askers ask_by_libmount = askers_with<ovl::libmount_mount>("libmount");

} // namespace ovl_trust
