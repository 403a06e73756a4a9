// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/policy/xattr.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <cstdint>
#include <string>
#include <unistd.h>

namespace ovl {

namespace detail {

/// Sets an attribute on an entry of the view's own and reads it back. `refused` and `lost` are the
/// reasons where the filesystem does not take it, or does not give it back.
template <policies P>
[[nodiscard]] verdict examine_attribute(const scratch_view<P>& view, const char* attribute,
                                        std::string_view value, reason carried, reason refused) {
    const auto& fs = view.set().fs;
    if (auto made = fs.make_directory(view.fd(), "d", 0700); !made.has_value())
        return view.could_not(std::move(made.error()).at(step::build_layers).on("d"));
    if (auto set = fs.set_xattr(view.fd(), "d", attribute, value); !set.has_value()) {
        failure what = std::move(set.error()).at(step::act).on(attribute);
        return says_unsupported(what.error_number) ? view.no(refused, std::move(what))
                                                   : view.could_not(std::move(what));
    }
    auto read = read_xattr(fs, view.fd(), "d", attribute);
    if (!read.has_value())
        return view.could_not(std::move(read.error()).at(step::observe));
    if (read.value() == value)
        return view.yes(carried);
    return view.no(refused, observed("lgetxattr", std::string{attribute} + " is not what was set"));
}

} // namespace detail

/// Sets an attribute of the class in which overlayfs keeps its marks, and reads it back.
struct xattrs {
    static constexpr capability asks = capability::xattrs;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        return detail::examine_attribute(view, overlay_xattr<typename P::xattr_class, "mark">, "y",
                                         reason::xattrs_carried, reason::no_xattrs);
    }
};

/// Gives a directory an access control list that names a user, and reads it back.
struct posix_acl {
    static constexpr capability asks = capability::posix_acl;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        return detail::examine_attribute(view, "system.posix_acl_access", list_with_user(),
                                         reason::posix_acl_carried, reason::posix_acl_missing);
    }

  private:
    /// `user::rwx,user:<euid>:r--,group::r-x,mask::r-x,other::---`, as
    /// include/uapi/linux/posix_acl_xattr.h lays it out.
    [[nodiscard]] static std::string list_with_user() {
        constexpr std::uint32_t nobody = 0xffffffff;
        std::string list;
        append(list, 2, 4);
        append_entry(list, 0x01, 7, nobody);
        append_entry(list, 0x02, 4, ::geteuid());
        append_entry(list, 0x04, 5, nobody);
        append_entry(list, 0x10, 5, nobody);
        append_entry(list, 0x20, 0, nobody);
        return list;
    }

    static void append_entry(std::string& list, std::uint32_t tag, std::uint32_t permissions,
                             std::uint32_t id) {
        append(list, tag, 2);
        append(list, permissions, 2);
        append(list, id, 4);
    }

    /// Little-endian, whatever the machine is.
    static void append(std::string& list, std::uint32_t number, int bytes) {
        for (; bytes > 0; --bytes, number >>= 8)
            list += static_cast<char>(number & 0xff);
    }
};

/// Whether the filesystem of `where` carries the attributes of the policies' class. Needs write
/// permission in `where`, and for the trusted class CAP_SYS_ADMIN in the initial user namespace.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_xattrs(const directory& where, const mount_options& extra = {},
                                          const P& set = {}) {
    return run<P, xattrs>(where, extra, set).front();
}

/// Whether the filesystem of `where` carries POSIX access control lists. Needs write permission in
/// `where`.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_posix_acl(const directory& where,
                                             const mount_options& extra = {}, const P& set = {}) {
    return run<P, posix_acl>(where, extra, set).front();
}

} // namespace ovl
