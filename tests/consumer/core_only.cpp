// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/core/result.hpp>

int main() {
    const ovl::result<int> none = ovl::fail({.where = ovl::step::mount, .call = "mount"});
    return none.has_value() ? 1 : 0;
}
