// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/faulty_fs.hpp"

#include <ovl/policy/mount_backend.hpp>

#include <string_view>

namespace ovl_test {

/// The twin of faulty_fs for a backend: forwards every mount to `Base`, once the fault has let it
/// through. A mount counts as the operation `mount`, so that both can share one fault, and one
/// numbering of all that is done.
template <ovl::mount_backend Base>
struct faulty_mount {
    static constexpr std::string_view name = Base::name;
    fault_gate gate{};
    Base base{};

    [[nodiscard]] static bool available() noexcept
        requires requires { Base::available(); }
    {
        return Base::available();
    }
    [[nodiscard]] bool attaches() const noexcept { return base.attaches(); }

    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request& request,
                                                  const ovl::mount_point& point) const {
        if (const auto refused = gate("mount", ""); refused.has_value())
            return ovl::fail(
                {.where = ovl::step::mount, .call = "mount", .error_number = *refused});
        return base.mount(request, point);
    }
};

} // namespace ovl_test
