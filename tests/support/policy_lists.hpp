// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/libmount_mount.hpp>
#include <ovl/policies.hpp>

#include <boost/test/unit_test.hpp>
#include <tuple>

namespace ovl_test {

using all_backends =
    std::tuple<ovl::fsopen_mount, ovl::classic_mount, ovl::libmount_mount, ovl::best_mount>;

template <ovl::mount_backend M>
using trusted_with = ovl::policy_set<ovl::trusted_xattr, M, ovl::posix_fs>;
template <ovl::mount_backend M>
using user_with = ovl::policy_set<ovl::user_xattr, M, ovl::posix_fs>;

using trusted_policies =
    std::tuple<trusted_with<ovl::fsopen_mount>, trusted_with<ovl::classic_mount>,
               trusted_with<ovl::libmount_mount>, ovl::rootful>;
using user_policies = std::tuple<user_with<ovl::fsopen_mount>, user_with<ovl::classic_mount>,
                                 user_with<ovl::libmount_mount>, ovl::rootless>;
/// Every backend with every attribute class.
using all_policies = decltype(std::tuple_cat(trusted_policies{}, user_policies{}));

/// Calls `check.operator()<P>()` with each, for tests that make something costly once.
template <class Policies = all_policies, class Check>
void for_each_policies(Check check) {
    const auto call = [&]<class P>(const P*) {
        BOOST_TEST_CONTEXT(P::mount_class::name << " " << P::xattr_class::prefix)
        check.template operator()<P>();
    };
    [&]<class... P>(const std::tuple<P...>*) {
        (call(static_cast<const P*>(nullptr)), ...);
    }(static_cast<const Policies*>(nullptr));
}

} // namespace ovl_test
