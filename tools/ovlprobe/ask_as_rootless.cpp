// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "ask_with.hpp"

namespace ovlprobe {

ovl::report ask_as_rootless(const ovl::directory& about, const arguments& wanted, int channel) {
    return ask_with<rootless_policies>(about, wanted, channel);
}

} // namespace ovlprobe
