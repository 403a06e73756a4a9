// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "ask_with.hpp"

namespace ovlprobe {

ovl::report ask_as_rootful(const ovl::directory& about, const arguments& wanted, int channel) {
    return ask_with<rootful_policies>(about, wanted, channel);
}

} // namespace ovlprobe
