// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/ovl.hpp>

/// Asks with the default policies: what those are is the build's choice.
int main(int argc, char** argv) {
    const ovl::verdict verdict = ovl::does_support_native_diff(argc > 1 ? argv[1] : ".");
    return verdict == ovl::answer::yes ? 0 : 1;
}
