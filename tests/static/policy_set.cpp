// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/policies.hpp>
#include <ovl/policy/policy_set.hpp>

#include <type_traits>

namespace {

struct bundle_of_its_own {
    using xattr_class = ovl::user_xattr;
    using mount_class = ovl::classic_mount;
    using filesystem_class = ovl::posix_fs;
    ovl::classic_mount mount;
    ovl::posix_fs fs;
};
struct without_mount {
    using xattr_class = ovl::user_xattr;
    using mount_class = ovl::classic_mount;
    using filesystem_class = ovl::posix_fs;
    ovl::posix_fs fs;
};
struct other_type_than_it_says {
    using xattr_class = ovl::user_xattr;
    using mount_class = ovl::classic_mount;
    using filesystem_class = ovl::posix_fs;
    ovl::fsopen_mount mount;
    ovl::posix_fs fs;
};
template <class X, class M, class F>
concept can_bundle = requires {
    typename ovl::policy_set<X, M, F>;
};

} // namespace

static_assert(ovl::policies<ovl::rootful>);
static_assert(ovl::policies<ovl::rootless>);
static_assert(ovl::policies<bundle_of_its_own>);
static_assert(!ovl::policies<without_mount>);
static_assert(!ovl::policies<other_type_than_it_says>);
static_assert(!ovl::policies<ovl::user_xattr>);
static_assert(!ovl::policies<int>);

static_assert(can_bundle<ovl::user_xattr, ovl::classic_mount, ovl::posix_fs>);
static_assert(!can_bundle<ovl::classic_mount, ovl::user_xattr, ovl::posix_fs>, "order matters");
static_assert(!can_bundle<ovl::user_xattr, ovl::classic_mount, int>);

static_assert(std::is_same_v<ovl::default_policies, ovl::rootful>, "where OVL_ROOTLESS is not set");
static_assert(!ovl::rootful::xattr_class::userxattr && ovl::rootless::xattr_class::userxattr);
static_assert(std::is_empty_v<ovl::policy_set<ovl::user_xattr, ovl::classic_mount, ovl::posix_fs>>,
              "a choice made at compile time takes no space");
