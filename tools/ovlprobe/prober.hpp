// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "arguments.hpp"
#include "mode.hpp"

#include <cstddef>

namespace ovlprobe {

/// What the probing process does: enters its namespaces, asks about every DIR from `first` on, and
/// tells what it finds through `channel`. May hang for ever in a filesystem that does not answer,
/// which is why it is a process of its own: a thread that hangs so keeps its process from ending.
void probe_directories(const arguments& wanted, const mode& as, std::size_t first, int channel);

} // namespace ovlprobe
