// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
// expect: satisf(action of|y) '(ovl::)?filesystem_operations

#include <ovl/policies.hpp>

struct my_fs : ovl::posix_fs {
#ifdef CONTROL
    [[nodiscard]] ovl::result<void> lock(int) const;
#else
    [[nodiscard]] ovl::result<void> lock(int);
#endif
};

using my_policies = ovl::policy_set<ovl::user_xattr, ovl::best_mount, my_fs>;
my_policies instance;
