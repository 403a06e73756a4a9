// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox/boost_test_main.hpp>

int main(int argc, char** argv) {
    return ovl::sandbox::boost_test_main(argc, argv, "ovl");
}
