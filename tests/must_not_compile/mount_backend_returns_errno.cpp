// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
// expect: satisf(action of|y) '(ovl::)?mount_backend

#include <ovl/policies.hpp>

struct my_backend {
    static constexpr std::string_view name = "mine";
    [[nodiscard]] bool attaches() const noexcept;
#ifdef CONTROL
    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request&,
                                                  const ovl::mount_point&) const;
#else
    [[nodiscard]] int mount(const ovl::mount_request&, const ovl::mount_point&) const;
#endif
};

using my_policies = ovl::policy_set<ovl::user_xattr, my_backend, ovl::posix_fs>;
my_policies instance;
