// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "arguments.hpp"

#include <ovl/core/directory.hpp>
#include <ovl/report/report.hpp>

namespace ovlprobe {

/// Answers what the command line asks about one directory, as one kind of runtime. Each answer is
/// passed to `channel` as soon as it is there. The two are apart so that they are compiled side by
/// side: each holds every probe.
[[nodiscard]] ovl::report ask_as_rootful(const ovl::directory& about, const arguments& wanted,
                                         int channel);
[[nodiscard]] ovl::report ask_as_rootless(const ovl::directory& about, const arguments& wanted,
                                          int channel);

} // namespace ovlprobe
