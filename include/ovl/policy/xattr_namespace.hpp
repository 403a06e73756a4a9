// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstddef>
#include <string_view>
#include <type_traits>

namespace ovl {

/// The class of extended attributes in which overlayfs keeps its marks.
///
/// | expression     | result                          | promise                                  |
/// |----------------|---------------------------------|------------------------------------------|
/// | `X::prefix`    | a constant, to std::string_view | ends in a dot; the kernel's own spelling |
/// | `X::userxattr` | a constant bool                 | the mount needs the option `userxattr`   |
template <class X>
concept xattr_namespace = requires {
    typename std::bool_constant<X::userxattr>;
    requires std::bool_constant<std::string_view{X::prefix}.ends_with('.')>::value;
};

/// `trusted.overlay.`: what a privileged mount uses. Needs CAP_SYS_ADMIN in the initial user
/// namespace; to everybody else these attributes read as absent.
struct trusted_xattr {
    static constexpr std::string_view prefix = "trusted.overlay.";
    static constexpr bool userxattr = false;
};

/// `user.overlay.`: what a mount with `userxattr` uses (Linux 5.11). Needs no privilege, and a
/// filesystem that carries user.* attributes (tmpfs: Linux 6.6).
struct user_xattr {
    static constexpr std::string_view prefix = "user.overlay.";
    static constexpr bool userxattr = true;
};

/// A string as a template argument.
template <std::size_t size>
struct literal {
    char text[size]{};
    consteval literal(const char (&source)[size]) noexcept {
        for (std::size_t i = 0; i < size; ++i)
            text[i] = source[i];
    }
};

namespace detail {

template <xattr_namespace X, literal mark>
struct joined_xattr_name {
    char text[X::prefix.size() + sizeof mark.text]{};
    consteval joined_xattr_name() noexcept {
        char* end = text;
        for (const char byte : X::prefix)
            *end++ = byte;
        for (const char byte : mark.text)
            *end++ = byte;
    }
};

template <xattr_namespace X, literal mark>
inline constexpr joined_xattr_name<X, mark> joined{};

} // namespace detail

/// The full name of one of overlayfs's attributes, put together by the compiler, so that a binary
/// holds the names of the class it uses and no others: `overlay_xattr<user_xattr, "opaque">`.
template <xattr_namespace X, literal mark>
inline constexpr const char* overlay_xattr = detail::joined<X, mark>.text;

} // namespace ovl
