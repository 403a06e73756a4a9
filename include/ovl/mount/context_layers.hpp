// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/bounded_text.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/mount/escape.hpp>
#include <ovl/mount/mount_context.hpp>

#include <concepts>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

namespace ovl::detail {

/// A layer that is nothing but a descriptor.
[[nodiscard]] inline bool is_bare(const layer& what) noexcept {
    return what.at != AT_FDCWD && what.path.empty();
}

/// What a layer is called in messages.
[[nodiscard]] inline std::string name_of(const layer& what) {
    if (what.at == AT_FDCWD)
        return std::string{what.path};
    std::string text = "descriptor " + std::to_string(what.at);
    if (!what.path.empty())
        text.append("/").append(what.path);
    return text;
}

/// Opens a layer's directory with O_PATH; -1 and errno where that fails.
[[nodiscard]] inline unique_fd open_layer(const layer& what) {
    const std::string path{what.path.empty() ? std::string_view{"."} : what.path};
    return unique_fd{
        retry([&] { return ::openat(what.at, path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); })};
}

/// The failure of open_layer that errno describes at this moment.
[[nodiscard]] inline failure layer_not_opened(const layer& what) {
    failure failed = last_failure("openat").at(step::mount).on(name_of(what));
    if (failed.error_number == EMFILE)
        failed.explanation = "layers whose paths are too long are named by descriptor, one each; "
                             "a higher RLIMIT_NOFILE lifts that";
    return failed;
}

/// Hands the layers of one overlay to a mount context, by the plainest means that this kernel and
/// these names allow: all lower layers in one `lowerdir`; where fsconfig(2)'s 255 bytes do not hold
/// that, one by one in `lowerdir+`; where they do not hold a single path, or it cannot be said, by
/// descriptor (Linux 6.13), by a readable descriptor (6.13.0 to 6.13.10), by /proc/self/fd.
template <std::same_as<mount_context> Context>
class context_layers {
  public:
    explicit context_layers(const Context& context) noexcept : context_{context} {}

    [[nodiscard]] result<void> set(const mount_request& request) {
        result<void> done = set_lower(request);
        if (done.has_value() && request.upper.has_value())
            done = set_one("upperdir", *request.upper, layer_role::upperdir, upper_by_descriptor);
        if (done.has_value() && request.work.has_value())
            done = set_one("workdir", *request.work, layer_role::workdir, work_by_descriptor);
        return done;
    }

    /// Where `set` failed because this kernel takes lower layers in one short string alone.
    bool lacks_append = false;
    bool upper_by_descriptor = false;
    bool work_by_descriptor = false;
    /// How the lower layers went.
    std::string_view lower_by = "lowerdir";

  private:
    using value_text = bounded_text<fsconfig_limit>;

    [[nodiscard]] result<void> set_lower(const mount_request& request) {
        if (may_fit(request)) {
            value_text value;
            append_lowerdir(value, request, mount_interface::fsconfig);
            if (!value.overflowed()) {
                auto done = context_.set_string("lowerdir", value.c_str());
                if (!may_be_the_comma(done, value))
                    return done;
            }
        }
        if (!context_.validates()) {
            lacks_append = true;
            return fail({.where = step::mount, .call = "fsconfig", .error_number = ENOTSUP});
        }
        return append_each(request);
    }

    /// Whether one string may hold all lower layers; spares putting hundreds together in vain.
    [[nodiscard]] static bool may_fit(const mount_request& request) noexcept {
        std::size_t size = 0;
        for (const auto& group : {request.lower, request.data})
            for (const layer& what : group) {
                size += what.path.size() + 1;
                if (is_bare(what) || size > fsconfig_limit + 1)
                    return false;
            }
        return true;
    }

    [[nodiscard]] result<void> append_each(const mount_request& request) {
        lower_by = "lowerdir+";
        bool by_descriptor = false;
        result<void> done;
        for (std::size_t i = 0; i != request.lower.size() && done.has_value(); ++i)
            done = set_one("lowerdir+", request.lower[i], layer_role::appended, by_descriptor);
        for (std::size_t i = 0; i != request.data.size() && done.has_value(); ++i)
            done = set_one("datadir+", request.data[i], layer_role::appended, by_descriptor);
        if (!done.has_value())
            lacks_append = done.error().kernel_message.starts_with("Unknown parameter");
        else if (!held_.empty())
            lower_by = "lowerdir+ by /proc/self/fd";
        else if (by_descriptor)
            lower_by = "lowerdir+ by descriptor";
        return done;
    }

    [[nodiscard]] result<void> set_one(const char* key, const layer& what, layer_role role,
                                       bool& by_descriptor) {
        if (!is_bare(what)) {
            value_text value;
            append_layer(value, what, mount_interface::fsconfig, role);
            if (!value.overflowed()) {
                auto done = context_.set_string(key, value.c_str());
                if (!may_be_the_comma(done, value))
                    return done;
            }
        }
        return set_by_descriptor(key, what, by_descriptor);
    }

    [[nodiscard]] result<void> set_by_descriptor(const char* key, const layer& what,
                                                 bool& by_descriptor) {
        unique_fd opened = is_bare(what) ? unique_fd{} : open_layer(what);
        if (!is_bare(what) && !opened)
            return fail(layer_not_opened(what));
        const int fd = is_bare(what) ? what.at : opened.get();
        if (takes_descriptors_ && set_descriptor(key, fd)) {
            by_descriptor = true;
            return {};
        }
        value_text link;
        append_layer(link, {.at = fd, .path = {}}, mount_interface::fsconfig, layer_role::appended);
        auto done = context_.set_string(key, link.c_str());
        if (!done.has_value())
            return fail(
                std::move(done.error()).on(std::string{key}.append("=").append(name_of(what))));
        takes_descriptors_ = false;
        // A context that does not validate follows the link only when the mount is made.
        held_.push_back(std::move(opened));
        return done;
    }

    /// With O_PATH, and where the kernel wants one that can be read, with such a one.
    [[nodiscard]] bool set_descriptor(const char* key, int fd) const {
        auto done = context_.set_descriptor(key, fd);
        if (done.has_value() ||
            (done.error().error_number != EINVAL && done.error().error_number != EBADF))
            return done.has_value();
        const unique_fd readable{
            ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)};
        return readable && context_.set_descriptor(key, readable.get()).has_value();
    }

    /// Up to Linux 6.4 a value with a comma is EINVAL.
    [[nodiscard]] static bool may_be_the_comma(const result<void>& done,
                                               const value_text& value) noexcept {
        return !done.has_value() && done.error().error_number == EINVAL &&
               value.view().find(',') != std::string_view::npos;
    }

    const Context& context_;
    bool takes_descriptors_ = true;
    std::vector<unique_fd> held_;
};

} // namespace ovl::detail
