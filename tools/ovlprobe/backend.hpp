// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "backend_kind.hpp"

#include <ovl/policies.hpp>
#ifdef OVLPROBE_LIBMOUNT
#include <ovl/mount/libmount_mount.hpp>
#endif

#include <string_view>

namespace ovlprobe {

#ifdef OVLPROBE_LIBMOUNT
using libmount_or_none = ovl::libmount_mount;
#else
using libmount_or_none = ovl::best_mount;
#endif

/// The backend named on the command line: a model of ovl::mount_backend whose choice is made at run
/// time, so that every probe is compiled once a mode and not once a mode and backend.
struct chosen_backend {
  private:
    template <class Act>
    [[nodiscard]] static auto with(backend_kind kind, Act act) {
        switch (kind) {
        case backend_kind::fsopen:
            return act(ovl::fsopen_mount{});
        case backend_kind::classic:
            return act(ovl::classic_mount{});
        case backend_kind::libmount:
            return act(libmount_or_none{});
        case backend_kind::automatic:
            break;
        }
        return act(ovl::best_mount{});
    }

  public:
    static constexpr std::string_view name = "chosen";

    backend_kind kind = backend_kind::automatic;

    [[nodiscard]] bool attaches() const {
        return with(kind, [](const auto& backend) { return backend.attaches(); });
    }
    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request& request,
                                                  const ovl::mount_point& point) const {
        return with(kind, [&](const auto& backend) { return backend.mount(request, point); });
    }
};

using rootful_policies = ovl::policy_set<ovl::trusted_xattr, chosen_backend, ovl::posix_fs>;
using rootless_policies = ovl::policy_set<ovl::user_xattr, chosen_backend, ovl::posix_fs>;

} // namespace ovlprobe
