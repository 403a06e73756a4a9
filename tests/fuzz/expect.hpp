// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

/// What libFuzzer calls, and the replaying main.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size);

namespace ovl_fuzz {

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* bytes, std::size_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

/// Ends the program where something that must hold does not: a finding.
inline void expect(bool holds, const char* what, std::string_view about = {}) {
    if (holds)
        return;
    std::fprintf(stderr, "finding: %s: %.*s\n", what, static_cast<int>(about.size()), about.data());
    std::abort();
}

} // namespace ovl_fuzz
