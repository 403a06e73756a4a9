// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// A name out of an image layer: whatever it is, nothing but an entry of the directory itself is made or removed.

#include "expect.hpp"

#include <ovl/mount/oci_whiteout.hpp>

#include <vector>

using ovl_fuzz::expect;

namespace {

/// Notes what would be made or removed.
struct noting_fs : ovl::posix_fs {
    std::vector<std::string>* touched = nullptr;

    [[nodiscard]] ovl::result<void> make_node(int, const char* name, mode_t) const {
        touched->emplace_back(name);
        return {};
    }
    [[nodiscard]] ovl::result<void> remove_file(int, const char* name) const {
        touched->emplace_back(name);
        return {};
    }
    [[nodiscard]] ovl::result<void> set_xattr(int, const char* name, const char*,
                                              std::string_view) const {
        touched->emplace_back(name);
        return {};
    }
};

bool is_entry_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." &&
           name.find_first_of(std::string_view{"/\0", 2}) == std::string_view::npos;
}

} // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto name = ovl_fuzz::text_of(bytes, size);
    const auto kind = ovl::classify_oci_name(name);
    std::vector<std::string> touched;
    noting_fs fs;
    fs.touched = &touched;
    const auto done = ovl::from_oci<ovl::trusted_xattr>(AT_FDCWD, name, fs);
    if (!done.has_value())
        expect(touched.empty() && done.error().error_number == EINVAL, "refused, but acted", name);
    else if (kind == ovl::oci_entry::opaque)
        expect(touched == std::vector<std::string>{".", std::string{name}}, "opaque", name);
    else
        expect(touched.size() == 2 && is_entry_name(touched[0]) &&
                   ".wh." + touched[0] == name && touched[1] == name,
               "something else is hidden", name);
    if (is_entry_name(name)) {
        const bool own = name.starts_with(ovl::oci_whiteout_prefix);
        const std::string marker = ".wh." + std::string{name};
        const auto marks = ovl::classify_oci_name(marker);
        expect(marks == (marker == ovl::oci_opaque_name ? ovl::oci_entry::opaque
                         : own                          ? ovl::oci_entry::reserved
                                                        : ovl::oci_entry::whiteout),
               "a marker is misread", name);
    }
    return 0;
}
