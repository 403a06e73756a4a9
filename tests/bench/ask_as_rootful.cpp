// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "ask_with.hpp"

const ovl_bench::asker ovl_bench::as_rootful = asker_with<ovl::rootful>;
