// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "trust/subject_with.hpp"

namespace ovl_trust {

const std::array<subject, 2> by_fallback = subjects_with<ovl::best_mount>("fallback");

} // namespace ovl_trust
