// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "trust/subject_with.hpp"

namespace ovl_trust {

const std::array<subject, 2> by_fsopen = subjects_with<ovl::fsopen_mount>("fsopen");

} // namespace ovl_trust
