// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/asker.hpp"

#include <ovl/policies.hpp>
#include <ovl/report/survey.hpp>

namespace ovl_trust {

template <ovl::policies P>
[[nodiscard]] ovl::report survey_with(const ovl::directory& where,
                                      std::span<const ovl::capability> asked, bool redirecting) {
    ovl::survey_settings settings{};
    if (redirecting)
        settings.extra.redirect_dir = ovl::redirect_dir_mode::on;
    return asked.empty() ? ovl::survey<P>(where, settings) : ovl::survey<P>(where, asked, settings);
}

template <ovl::mount_backend M>
[[nodiscard]] constexpr askers askers_with(std::string_view backend) {
    return {
        asker{backend, false, &survey_with<ovl::policy_set<ovl::trusted_xattr, M, ovl::posix_fs>>},
        asker{backend, true, &survey_with<ovl::policy_set<ovl::user_xattr, M, ovl::posix_fs>>}};
}

} // namespace ovl_trust
