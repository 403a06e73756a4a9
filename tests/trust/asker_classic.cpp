// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "trust/asker_with.hpp"

namespace ovl_trust {

const askers ask_by_classic = askers_with<ovl::classic_mount>("classic");

} // namespace ovl_trust
