// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/policy/filesystem_operations.hpp>

#include <optional>
#include <string>

namespace ovl {

/// Reads an extended attribute, and keeps apart what peers confuse: absent is std::nullopt, present
/// but empty is an empty string (overlayfs's metacopy mark is one), and anything else, above all a
/// filesystem without extended attributes (ENOTSUP), is a failure. Needs no privilege for user.*;
/// without CAP_SYS_ADMIN in the initial user namespace every trusted.* attribute is absent.
template <filesystem_operations F>
[[nodiscard]] result<std::optional<std::string>> read_xattr(const F& fs, int at, const char* name,
                                                            const char* attribute) {
    char first[64];
    auto length = fs.get_xattr(at, name, attribute, first);
    if (length.has_value())
        return std::string{first, length.value()};

    std::string grown;
    while (length.error().error_number == ERANGE && grown.size() < 65536) {
        grown.resize(grown.empty() ? 1024 : grown.size() * 8);
        length = fs.get_xattr(at, name, attribute, grown);
        if (length.has_value()) {
            grown.resize(length.value());
            return grown;
        }
    }
    if (length.error().error_number == ENODATA)
        return std::nullopt;
    return fail(std::move(length.error()).on(attribute));
}

} // namespace ovl
