// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/fake_mount.hpp"

#include <ovl/mount/classic_mount.hpp>
#include <ovl/mount/fallback_mount.hpp>
#include <ovl/mount/fsopen_mount.hpp>
#include <ovl/mount/libmount_mount.hpp>

#include <string_view>
#include <type_traits>

namespace {

struct nameless {
    [[nodiscard]] bool attaches() const noexcept;
    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request&,
                                                  const ovl::mount_point&) const;
};
struct cannot_say_whether_it_attaches {
    static constexpr std::string_view name = "x";
    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request&,
                                                  const ovl::mount_point&) const;
};
struct returns_errno {
    static constexpr std::string_view name = "x";
    [[nodiscard]] bool attaches() const noexcept;
    [[nodiscard]] int mount(const ovl::mount_request&, const ovl::mount_point&) const;
};
struct needs_to_be_changed {
    static constexpr std::string_view name = "x";
    [[nodiscard]] bool attaches() const noexcept;
    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request&,
                                                  const ovl::mount_point&);
};
template <class First>
concept can_fall_back_from = requires {
    typename ovl::fallback_mount<First, ovl::classic_mount>;
};

} // namespace

static_assert(ovl::mount_backend<ovl::fsopen_mount>);
static_assert(ovl::mount_backend<ovl::classic_mount>);
static_assert(ovl::mount_backend<ovl::libmount_mount>);
static_assert(ovl::mount_backend<ovl::fallback_mount<ovl::fsopen_mount, ovl::classic_mount>>);
static_assert(ovl::mount_backend<ovl_test::counting_mount<ovl::fsopen_mount>>);
static_assert(!ovl::mount_backend<nameless>);
static_assert(!ovl::mount_backend<cannot_say_whether_it_attaches>);
static_assert(!ovl::mount_backend<returns_errno>);
static_assert(!ovl::mount_backend<needs_to_be_changed>);
static_assert(!ovl::mount_backend<int>);

static_assert(can_fall_back_from<ovl::fsopen_mount>);
static_assert(!can_fall_back_from<ovl::classic_mount>, "it cannot tell whether it is to be had");
static_assert(!can_fall_back_from<nameless>);

static_assert(std::is_empty_v<ovl::fsopen_mount> && std::is_empty_v<ovl::classic_mount> &&
              std::is_empty_v<ovl::libmount_mount>);
