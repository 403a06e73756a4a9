// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/policy/xattr_namespace.hpp>

#include <string_view>

namespace misfits {

struct without_dot {
    static constexpr std::string_view prefix = "trusted.overlay";
    static constexpr bool userxattr = false;
};
struct without_userxattr {
    static constexpr std::string_view prefix = "trusted.overlay.";
};
struct prefix_is_a_number {
    static constexpr int prefix = 1;
    static constexpr bool userxattr = false;
};
struct prefix_is_no_constant {
    std::string_view prefix = "user.overlay.";
    static constexpr bool userxattr = true;
};

} // namespace misfits

static_assert(ovl::xattr_namespace<ovl::trusted_xattr>);
static_assert(ovl::xattr_namespace<ovl::user_xattr>);
static_assert(!ovl::xattr_namespace<misfits::without_dot>);
static_assert(!ovl::xattr_namespace<misfits::without_userxattr>);
static_assert(!ovl::xattr_namespace<misfits::prefix_is_a_number>);
static_assert(!ovl::xattr_namespace<misfits::prefix_is_no_constant>);
static_assert(!ovl::xattr_namespace<int>);

static_assert(std::string_view{ovl::overlay_xattr<ovl::trusted_xattr, "opaque">} ==
              "trusted.overlay.opaque");
static_assert(std::string_view{ovl::overlay_xattr<ovl::user_xattr, "metacopy">} ==
              "user.overlay.metacopy");
