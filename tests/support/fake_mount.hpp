// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/mount_backend.hpp>

#include <algorithm>
#include <cstddef>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ovl_test {

/// The options a mount was asked for, without its layers: `userxattr`, `metacopy=on`.
using asked_options = std::vector<std::string>;

[[nodiscard]] inline bool asks_for(const asked_options& options, std::string_view option) {
    return std::find(options.begin(), options.end(), option) != options.end();
}

[[nodiscard]] inline ovl::failure mount_failure(int error_number,
                                                const std::string& kernel_message = "") {
    return {.where = ovl::step::mount,
            .call = "fsconfig",
            .error_number = error_number,
            .subject = "create",
            .kernel_message = kernel_message};
}

/// What a kernel that exists in a test alone makes of mounts. Outlives the policies.
struct mount_script {
    /// The failure of a mount with these options; none where it works.
    std::function<std::optional<ovl::failure>(const asked_options&)> refuses{};
    /// Every mount that was asked for, in order.
    std::vector<asked_options> asked{};

    /// As many of the first mounts fail so. This stays where it is from now on.
    void refuse_first(std::size_t count, int error_number) {
        refuses = [this, count, error_number](const asked_options&) -> std::optional<ovl::failure> {
            if (asked.size() > count)
                return std::nullopt;
            return mount_failure(error_number);
        };
    }
};

/// Mounts nothing. The root of what it gives is a descriptor that only a scripted filesystem can
/// work with.
struct fake_mount {
    static constexpr std::string_view name = "fake";
    mount_script* script = nullptr;

    [[nodiscard]] bool attaches() const noexcept { return false; }

    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request& request,
                                                  const ovl::mount_point&) const {
        asked_options options;
        for (const ovl::mount_parameter& parameter : request.parameters)
            options.push_back(parameter.value == nullptr
                                  ? std::string{parameter.name}
                                  : std::string{parameter.name} + "=" + parameter.value);
        script->asked.push_back(options);
        if (script->refuses)
            if (auto refused = script->refuses(options); refused.has_value())
                return ovl::fail(std::move(*refused));
        return ovl::mounted{.root = ovl::unique_fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)},
                            .attached = false,
                            .through = name};
    }
};

/// Forwards to `Base`, and counts the mounts that it was asked for.
template <ovl::mount_backend Base>
struct counting_mount {
    static constexpr std::string_view name = Base::name;
    int* mounts = nullptr;
    Base base{};

    [[nodiscard]] bool attaches() const noexcept { return base.attaches(); }
    [[nodiscard]] ovl::result<ovl::mounted> mount(const ovl::mount_request& request,
                                                  const ovl::mount_point& point) const {
        if (mounts != nullptr)
            ++*mounts;
        return base.mount(request, point);
    }
};

static_assert(ovl::mount_backend<fake_mount>);

} // namespace ovl_test
