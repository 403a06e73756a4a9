// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/mount/helper_thread.hpp>
#include <ovl/mount/mount_string.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ovl::detail {

/// mount(2), with a string that the kernel takes whole: what exceeds a page it would drop without
/// a word. `target` names the mount point wherever the working directory is.
template <std::same_as<mount_request> Request>
class short_mount {
  public:
    using optional_failure = std::optional<failure>;

    short_mount(const Request& request, std::string target)
        : request_{request}, target_{std::move(target)} {}

    /// Mounts on `target`; where the paths are too long for that it does so on a helper thread
    /// whose working directory makes them short: that of the layers, or /proc/self/fd. Fails with
    /// E2BIG, before any call, where nothing is short enough.
    [[nodiscard]] optional_failure mount() {
        const std::string data = mount_data(request_);
        if (data.size() <= mount_data_limit)
            return call(data, "lowerdir");
        optional_failure failed;
        auto ran = on_helper_thread(CLONE_FS, [&]() -> result<void> {
            failed = mount_with_own_working_directory();
            return {};
        });
        return ran.has_value() ? std::move(failed) : std::move(ran.error());
    }

    /// The same for a thread that may change its working directory.
    [[nodiscard]] optional_failure mount_with_own_working_directory() {
        const std::string data = mount_data(request_);
        if (data.size() <= mount_data_limit)
            return call(data, "lowerdir");
        const std::string common = common_directory(request_);
        if (common.size() > 1) {
            const renamed_layers renamed{
                request_, [&](const layer& what) { return below(what.path, common); }};
            const std::string relative = mount_data(renamed.request());
            if (relative.size() <= mount_data_limit)
                return call_in(common.c_str(), relative, "relative paths");
        }
        return mount_by_numbers();
    }

    /// How the layers were said.
    [[nodiscard]] std::string_view layers_by() const noexcept { return layers_by_; }

  private:
    /// The rest of a path below a directory that it begins with.
    [[nodiscard]] static std::string below(std::string_view path, std::string_view directory) {
        path.remove_prefix(directory.size());
        while (path.starts_with('/'))
            path.remove_prefix(1);
        return path.empty() ? "." : std::string{path};
    }

    /// In /proc/self/fd a layer's name is a number: 500 of them are some 2000 bytes.
    [[nodiscard]] optional_failure mount_by_numbers() {
        std::vector<unique_fd> opened;
        optional_failure failed;
        const renamed_layers renamed{request_, [&](const layer& what) {
                                         if (is_bare(what))
                                             return std::to_string(what.at);
                                         if (!failed && !opened.emplace_back(open_layer(what)))
                                             failed = layer_not_opened(what);
                                         return failed ? "" : std::to_string(opened.back().get());
                                     }};
        if (failed)
            return failed;
        const std::string data = mount_data(renamed.request());
        if (data.size() > mount_data_limit)
            return failure{.where = step::mount,
                           .call = "mount",
                           .error_number = E2BIG,
                           .subject = std::to_string(data.size()) + " bytes of options",
                           .explanation =
                               "mount(2) takes at most 4095 bytes of options, and even with the "
                               "layers named by descriptor these are more; the kernel would drop "
                               "the rest. fsopen(2) has no such limit from Linux 6.6.23"};
        return call_in("/proc/self/fd", data, "descriptor numbers");
    }

    [[nodiscard]] optional_failure call_in(const char* directory, const std::string& data,
                                           std::string_view layers_by) {
        if (::chdir(directory) != 0)
            return last_failure("chdir").at(step::mount).on(directory);
        return call(data, layers_by);
    }

    [[nodiscard]] optional_failure call(const std::string& data, std::string_view layers_by) {
        if (::mount("overlay", target_.c_str(), "overlay", mount_flags(request_), data.c_str()) !=
            0)
            return last_failure("mount").at(step::mount).on(data);
        layers_by_ = layers_by;
        return std::nullopt;
    }

    const Request& request_;
    std::string target_;
    std::string_view layers_by_;
};

/// `point` as a path that no later rename, and no change of working directory, can turn elsewhere.
[[nodiscard]] inline std::string mount_point_path(const mount_point& point) {
    std::string path;
    append_layer(path, {.at = point.at, .path = point.path}, mount_interface::fsconfig,
                 layer_role::appended);
    return path;
}

/// The root of what was just mounted on `point`; where it cannot be opened, the mount is ended again.
[[nodiscard]] inline result<unique_fd> open_mounted(const mount_point& point) {
    unique_fd root{retry([&] {
        return ::openat(point.at, point.path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    })};
    if (root)
        return root;
    failure failed = last_failure("openat").at(step::mount).on(point.path);
    static_cast<void>(::umount2(mount_point_path(point).c_str(), UMOUNT_NOFOLLOW | MNT_DETACH));
    return fail(std::move(failed));
}

} // namespace ovl::detail
