// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
// expect: satisf(action of|y) '(ovl::)?xattr_namespace

#include <ovl/policies.hpp>

struct my_xattrs {
#ifdef CONTROL
    static constexpr std::string_view prefix = "trusted.overlay.";
#else
    static constexpr std::string_view prefix = "trusted.overlay";
#endif
    static constexpr bool userxattr = false;
};

using my_policies = ovl::policy_set<my_xattrs, ovl::best_mount, ovl::posix_fs>;
my_policies instance;
