// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/filesystem_operations.hpp>
#include <ovl/policy/posix_fs.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace ovl_test {

/// Forwards every operation to `Base`, once `Gate` has let it through: `gate(operation, name)` is
/// told the operation as the concept spells it and what it is made on, and gives the errno with
/// which it fails instead, or none.
template <ovl::filesystem_operations Base, class Gate>
struct gated_fs {
    Gate gate{};
    Base base{};

    [[nodiscard]] ovl::result<ovl::unique_fd> open_directory(int at, const char* name) const {
        return pass("open_directory", name, [&] { return base.open_directory(at, name); });
    }
    [[nodiscard]] ovl::result<ovl::unique_fd> open_within(int at, const char* name) const {
        return pass("open_within", name, [&] { return base.open_within(at, name); });
    }
    [[nodiscard]] ovl::result<void> make_directory(int at, const char* name, mode_t mode) const {
        return pass("make_directory", name, [&] { return base.make_directory(at, name, mode); });
    }
    [[nodiscard]] ovl::result<void> make_node(int at, const char* name, mode_t mode) const {
        return pass("make_node", name, [&] { return base.make_node(at, name, mode); });
    }
    [[nodiscard]] ovl::result<void> write_file(int at, const char* name, mode_t mode,
                                               std::string_view content) const {
        return pass("write_file", name, [&] { return base.write_file(at, name, mode, content); });
    }
    [[nodiscard]] ovl::result<std::size_t> read_file(int at, const char* name,
                                                     std::span<char> buffer) const {
        return pass("read_file", name, [&] { return base.read_file(at, name, buffer); });
    }
    [[nodiscard]] ovl::result<ovl::unique_fd> make_unnamed(int at, mode_t mode) const {
        return pass("make_unnamed", "", [&] { return base.make_unnamed(at, mode); });
    }
    [[nodiscard]] ovl::result<void> clone_file(int at, const char* from, const char* to) const {
        return pass("clone_file", from, [&] { return base.clone_file(at, from, to); });
    }
    [[nodiscard]] ovl::result<void> encode_handle(int at, const char* name) const {
        return pass("encode_handle", name, [&] { return base.encode_handle(at, name); });
    }
    [[nodiscard]] ovl::result<void> set_casefold(int at, const char* name) const {
        return pass("set_casefold", name, [&] { return base.set_casefold(at, name); });
    }
    [[nodiscard]] ovl::result<void> enable_verity(int at, const char* name) const {
        return pass("enable_verity", name, [&] { return base.enable_verity(at, name); });
    }
    [[nodiscard]] ovl::result<void> remove_file(int at, const char* name) const {
        return pass("remove_file", name, [&] { return base.remove_file(at, name); });
    }
    [[nodiscard]] ovl::result<void> remove_directory(int at, const char* name) const {
        return pass("remove_directory", name, [&] { return base.remove_directory(at, name); });
    }
    [[nodiscard]] ovl::result<void> rename(int at, const char* from, const char* to,
                                           unsigned flags) const {
        return pass("rename", from, [&] { return base.rename(at, from, to, flags); });
    }
    [[nodiscard]] ovl::result<void> set_mode(int at, const char* name, mode_t mode) const {
        return pass("set_mode", name, [&] { return base.set_mode(at, name, mode); });
    }
    [[nodiscard]] ovl::result<void> set_xattr(int at, const char* name, const char* attribute,
                                              std::string_view value) const {
        return pass("set_xattr", attribute,
                    [&] { return base.set_xattr(at, name, attribute, value); });
    }
    [[nodiscard]] ovl::result<std::size_t>
    get_xattr(int at, const char* name, const char* attribute, std::span<char> buffer) const {
        return pass("get_xattr", attribute,
                    [&] { return base.get_xattr(at, name, attribute, buffer); });
    }
    [[nodiscard]] ovl::result<struct stat> status(int at, const char* name) const {
        return pass("status", name, [&] { return base.status(at, name); });
    }
    [[nodiscard]] ovl::result<struct statfs> filesystem_status(int fd) const {
        return pass("filesystem_status", "", [&] { return base.filesystem_status(fd); });
    }
    [[nodiscard]] ovl::result<void> lock(int fd) const {
        return pass("lock", "", [&] { return base.lock(fd); });
    }
    [[nodiscard]] ovl::result<std::size_t> read_entries(int fd, std::span<char> buffer) const {
        return pass("read_entries", "", [&] { return base.read_entries(fd, buffer); });
    }

  private:
    template <class Operation>
    [[nodiscard]] auto pass(std::string_view operation, const char* name, Operation forwarded) const
        -> decltype(forwarded()) {
        const std::optional<int> refused = gate(operation, name);
        if (refused.has_value())
            return ovl::fail({.call = operation, .error_number = *refused});
        return forwarded();
    }
};

} // namespace ovl_test
