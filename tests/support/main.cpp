// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#define BOOST_TEST_MODULE ovl
#include <boost/test/unit_test.hpp>
