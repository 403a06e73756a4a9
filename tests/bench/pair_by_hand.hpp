// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

/// The two original checks as system calls written out by hand, in the order in which a run makes
/// them: the floor of what the library can cost. `opaque` and `metacopy` are the attributes' full
/// names, `userxattr` whether the mount asks for it. Returns 0 where both checks could be made.
extern "C" int pair_by_hand(const char* directory, const char* opaque, const char* metacopy,
                            int userxattr);
