// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/backing_filesystem.hpp>
#include <ovl/policy/filesystem_operations.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unistd.h>

namespace ovl_test {

/// What a filesystem that exists in a test alone answers. Outlives the policies.
struct script {
    /// The errno of an operation in the concept's spelling, alone (`rename`) or on one thing
    /// (`make_directory upper`, `set_xattr user.ovl-probe`); all others succeed.
    std::map<std::string, int, std::less<>> errors{};
    /// Values of extended attributes, by `path attribute`; all others are absent.
    std::map<std::string, std::string, std::less<>> attributes{};
    /// What files hold, by path; all others are empty.
    std::map<std::string, std::string, std::less<>> contents{};
    /// What statfs(2) says.
    std::uint32_t magic = 0xEF53;
    bool read_only = false;
};

/// Nothing is behind it: no path is looked up, nothing is made, and every directory is empty and
/// belongs to the caller alone.
struct scripted_fs {
    const script* answers = nullptr;

    [[nodiscard]] ovl::result<ovl::unique_fd> open_directory(int, const char* name) const {
        return opened("open_directory", name);
    }
    [[nodiscard]] ovl::result<ovl::unique_fd> open_within(int, const char* name) const {
        return opened("open_within", name);
    }
    [[nodiscard]] ovl::result<void> make_directory(int, const char* name, mode_t) const {
        return done("make_directory", name);
    }
    [[nodiscard]] ovl::result<void> make_node(int, const char* name, mode_t) const {
        return done("make_node", name);
    }
    [[nodiscard]] ovl::result<void> write_file(int, const char* name, mode_t,
                                               std::string_view) const {
        return done("write_file", name);
    }
    [[nodiscard]] ovl::result<std::size_t> read_file(int, const char* name,
                                                     std::span<char> buffer) const {
        if (const int refused = error_of("read_file", name); refused != 0)
            return failed("read_file", refused);
        const auto found = answers->contents.find(name);
        if (found == answers->contents.end())
            return std::size_t{0};
        const std::size_t length = std::min(buffer.size(), found->second.size());
        std::copy_n(found->second.begin(), length, buffer.begin());
        return length;
    }
    [[nodiscard]] ovl::result<ovl::unique_fd> make_unnamed(int, mode_t) const {
        return opened("make_unnamed", "");
    }
    [[nodiscard]] ovl::result<void> clone_file(int, const char* from, const char*) const {
        return done("clone_file", from);
    }
    [[nodiscard]] ovl::result<void> encode_handle(int, const char* name) const {
        return done("encode_handle", name);
    }
    [[nodiscard]] ovl::result<void> set_casefold(int, const char* name) const {
        return done("set_casefold", name);
    }
    [[nodiscard]] ovl::result<void> enable_verity(int, const char* name) const {
        return done("enable_verity", name);
    }
    [[nodiscard]] ovl::result<void> remove_file(int, const char* name) const {
        return done("remove_file", name);
    }
    [[nodiscard]] ovl::result<void> remove_directory(int, const char* name) const {
        return done("remove_directory", name);
    }
    [[nodiscard]] ovl::result<void> rename(int, const char* from, const char*, unsigned) const {
        return done("rename", from);
    }
    [[nodiscard]] ovl::result<void> set_mode(int, const char* name, mode_t) const {
        return done("set_mode", name);
    }
    [[nodiscard]] ovl::result<void> set_xattr(int, const char*, const char* attribute,
                                              std::string_view) const {
        return done("set_xattr", attribute);
    }
    [[nodiscard]] ovl::result<std::size_t> get_xattr(int, const char* name, const char* attribute,
                                                     std::span<char> buffer) const {
        if (const int refused = error_of("get_xattr", attribute); refused != 0)
            return failed("get_xattr", refused);
        const auto found = answers->attributes.find(std::string{name} + " " + attribute);
        if (found == answers->attributes.end())
            return failed("get_xattr", ENODATA);
        if (found->second.size() > buffer.size())
            return failed("get_xattr", ERANGE);
        std::copy(found->second.begin(), found->second.end(), buffer.begin());
        return found->second.size();
    }
    [[nodiscard]] ovl::result<struct stat> status(int, const char* name) const {
        if (const int refused = error_of("status", name); refused != 0)
            return failed("status", refused);
        struct stat found {};
        found.st_uid = ::geteuid();
        found.st_nlink = 2;
        found.st_mode = S_IFDIR | S_ISVTX | 0700;
        return found;
    }
    [[nodiscard]] ovl::result<struct statfs> filesystem_status(int) const {
        if (const int refused = error_of("filesystem_status", ""); refused != 0)
            return failed("filesystem_status", refused);
        struct statfs found {};
        found.f_type = answers->magic;
        found.f_flags = answers->read_only ? ST_RDONLY : 0;
        return found;
    }
    [[nodiscard]] ovl::result<void> lock(int) const { return done("lock", ""); }
    [[nodiscard]] ovl::result<std::size_t> read_entries(int, std::span<char>) const {
        if (const int refused = error_of("read_entries", ""); refused != 0)
            return failed("read_entries", refused);
        return std::size_t{0};
    }

  private:
    [[nodiscard]] static tl::unexpected<ovl::failure> failed(std::string_view operation,
                                                             int error_number) {
        return ovl::fail({.call = operation, .error_number = error_number});
    }

    [[nodiscard]] int error_of(std::string_view operation, std::string_view name) const {
        auto found = answers->errors.find(std::string{operation}.append(" ").append(name));
        if (found == answers->errors.end())
            found = answers->errors.find(operation);
        return found == answers->errors.end() ? 0 : found->second;
    }

    [[nodiscard]] ovl::result<void> done(std::string_view operation, const char* name) const {
        if (const int refused = error_of(operation, name); refused != 0)
            return failed(operation, refused);
        return {};
    }

    [[nodiscard]] ovl::result<ovl::unique_fd> opened(std::string_view operation,
                                                     const char* name) const {
        if (const int refused = error_of(operation, name); refused != 0)
            return failed(operation, refused);
        return ovl::unique_fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
    }
};

static_assert(ovl::filesystem_operations<scripted_fs>);

} // namespace ovl_test
