// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// The attributes by which overlayfs marks what lies in a layer: read_layer_entry on an entry of every type whose
// redirect, opaque, metacopy and whiteout hold any bytes of any length, and grow while they are read.

#include "expect.hpp"

#include <ovl/mount/whiteout.hpp>

#include <algorithm>
#include <vector>

using ovl_fuzz::expect;

namespace {

struct entry_on_disk {
    mode_t mode = 0;
    off_t size = 0;
    int absent = ENODATA;
    std::optional<std::string> opaque{}, metacopy{}, redirect{}, whiteout{};
    /// How many reads each attribute grows after.
    int grows = 0;
};

/// posix_fs but for what read_layer_entry asks.
struct one_entry_fs : ovl::posix_fs {
    entry_on_disk* entry = nullptr;

    [[nodiscard]] ovl::result<struct stat> status(int, const char*) const {
        struct stat found {};
        found.st_mode = entry->mode;
        found.st_size = entry->size;
        return found;
    }
    [[nodiscard]] ovl::result<std::size_t> get_xattr(int, const char*, const char* attribute,
                                                     std::span<char> buffer) const {
        const std::string_view name = attribute;
        auto& value = name.ends_with("opaque")     ? entry->opaque
                      : name.ends_with("metacopy") ? entry->metacopy
                      : name.ends_with("redirect") ? entry->redirect
                                                   : entry->whiteout;
        if (!value.has_value())
            return ovl::fail({.call = "lgetxattr", .error_number = entry->absent});
        if (value->size() > buffer.size()) {
            if (entry->grows-- > 0)
                value->append(2000, 'g');
            return ovl::fail({.call = "lgetxattr", .error_number = ERANGE});
        }
        std::copy(value->begin(), value->end(), buffer.begin());
        return value->size();
    }
};

template <class X>
void check(entry_on_disk entry) {
    const entry_on_disk before = entry;
    one_entry_fs fs;
    fs.entry = &entry;
    const auto read = ovl::read_layer_entry<X>(AT_FDCWD, "entry", fs);
    if (!read.has_value())
        return expect(read.error().error_number != ENODATA && read.error().error_number != ENOTSUP,
                      "absence is taken for a failure");
    const ovl::layer_entry& found = read.value();
    const bool directory = S_ISDIR(entry.mode);
    const bool file = S_ISREG(entry.mode);
    expect(found.opaque == (directory && entry.opaque == "y"), "opaque");
    expect(found.holds_xattr_whiteouts == (directory && entry.opaque == "x"), "opaque=x");
    expect(found.metacopy == (file && before.metacopy.has_value()), "metacopy");
    expect(found.redirect == (directory || file ? entry.redirect : std::nullopt), "redirect");
    if (file)
        expect(found.whiteout == (entry.size == 0 && entry.whiteout.has_value()), "whiteout");
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 4)
        return 0;
    constexpr mode_t modes[] = {S_IFDIR, S_IFREG, S_IFCHR, S_IFLNK, S_IFIFO};
    entry_on_disk entry{.mode = modes[bytes[0] % std::size(modes)],
                        .size = bytes[1] % 2,
                        .absent = bytes[1] % 4 < 2 ? ENODATA : bytes[1] % 8 < 4 ? ENOTSUP : EIO,
                        .grows = bytes[2] % 8};
    // Each attribute up to the next newline, the last to the end; one that begins with `-` is not there.
    auto text = ovl_fuzz::text_of(bytes + 3, size - 3);
    for (auto* const each : {&entry.opaque, &entry.metacopy, &entry.whiteout, &entry.redirect}) {
        const bool last = each == &entry.redirect;
        const auto value = last ? text : text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), value.size() + 1));
        if (!value.starts_with('-'))
            *each = std::string{value};
    }
    check<ovl::trusted_xattr>(entry);
    check<ovl::user_xattr>(entry);
    return 0;
}
