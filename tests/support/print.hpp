// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/failure.hpp>
#include <ovl/probe/capability_text.hpp>
#include <ovl/probe/reason_text.hpp>
#include <ovl/probe/verdict.hpp>

#include <ostream>

/// How Boost.Test shows the library's enumerations where a check fails.
namespace ovl {

inline std::ostream& operator<<(std::ostream& out, answer shown) {
    return out << name(shown);
}
inline std::ostream& operator<<(std::ostream& out, reason shown) {
    return out << describe(shown).name;
}
inline std::ostream& operator<<(std::ostream& out, step shown) {
    return out << name(shown);
}
inline std::ostream& operator<<(std::ostream& out, capability shown) {
    return out << describe(shown).key;
}

} // namespace ovl
