// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "trust/asker_with.hpp"

namespace ovl_trust {

const askers ask_by_best = askers_with<ovl::best_mount>("best");

} // namespace ovl_trust
