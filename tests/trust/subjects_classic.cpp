// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "trust/subject_with.hpp"

namespace ovl_trust {

const std::array<subject, 2> by_classic = subjects_with<ovl::classic_mount>("classic");

} // namespace ovl_trust
