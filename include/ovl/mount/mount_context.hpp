// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/kernel_calls.hpp>
#include <ovl/detail/retry.hpp>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace ovl {

namespace detail {

/// The newest message of a context's log, of which `read(buffer, size)` takes one at a time as read(2) does. A
/// message is gone once it is taken: a read that fails later takes nothing away from it. Fails with the
/// errno of the first read.
template <class Read>
[[nodiscard]] result<std::string> newest_message(Read read) {
    char buffer[1024];
    std::string text;
    for (;;) {
        const ssize_t length = read(buffer, sizeof buffer);
        if (length < 0 && errno != ENODATA && text.empty())
            return fail(last_failure("read").at(step::mount).on("the context's log"));
        if (length <= 0)
            return text;
        text.assign(buffer, static_cast<std::size_t>(length));
    }
}

} // namespace detail

/// A filesystem being configured through fsopen(2) (Linux 5.2), call by call. What fails carries
/// the parameter as its subject and the kernel's own words, where the context's log has any. Needs
/// CAP_SYS_ADMIN over the mount namespace.
class mount_context {
  public:
    /// ENOSYS where the kernel, or a seccomp filter, has no such call; ENODEV where it has no such
    /// filesystem; EPERM without the privilege.
    [[nodiscard]] static result<mount_context> open(const char* filesystem) {
        unique_fd context{detail::fsopen(filesystem, detail::fsopen_cloexec)};
        if (!context)
            return fail(last_failure("fsopen").at(step::mount).on(filesystem));
        return mount_context{std::move(context)};
    }

    [[nodiscard]] result<void> set_flag(const char* name) const {
        return configure(detail::fsconfig_command::set_flag, name, nullptr, 0);
    }
    /// ENAMETOOLONG, without asking the kernel, where it would say EINVAL to a value of more than
    /// 255 bytes.
    [[nodiscard]] result<void> set_string(const char* name, const char* value) const {
        if (std::strlen(value) > detail::fsconfig_limit)
            return fail({.where = step::mount,
                         .call = "fsconfig",
                         .error_number = ENAMETOOLONG,
                         .subject = std::string{name} + "=" + value,
                         .explanation = "fsconfig(2) takes values of at most 255 bytes"});
        return configure(detail::fsconfig_command::set_string, name, value, 0);
    }
    [[nodiscard]] result<void> set_descriptor(const char* name, int descriptor) const {
        return configure(detail::fsconfig_command::set_fd, name, nullptr, descriptor);
    }
    [[nodiscard]] result<void> create() const {
        return configure(detail::fsconfig_command::create, nullptr, nullptr, 0);
    }
    /// The root of the mount, which is attached nowhere; after `create`. `attributes` are
    /// `detail::mount_attribute_*`.
    [[nodiscard]] result<unique_fd> mount(unsigned attributes = 0) const {
        unique_fd root{detail::fsmount(context_.get(), detail::fsmount_cloexec, attributes)};
        if (!root)
            return fail(last_failure("fsmount").at(step::mount).on("root"));
        return root;
    }

    /// Whether keys are looked at when they are set. Up to Linux 6.4 overlayfs's are not: they are
    /// strung together, and read when the mount is made. Leaves the context unfit where it is so.
    [[nodiscard]] bool validates() const {
        const bool refused = detail::fsconfig(context_.get(), detail::fsconfig_command::set_flag,
                                              "ovl-is-not-an-option", nullptr, 0) != 0;
        // Else the words about this key would be taken for those about a later failure.
        static_cast<void>(message());
        return refused;
    }

    /// Takes what the context's log holds and gives the newest message, without its prefix
    /// `e overlay: `; empty where there is none. Conflicts that the kernel finds only when it creates
    /// the mount go to its own log instead. Fails with the errno of read(2).
    [[nodiscard]] result<std::string> message() const {
        auto text = detail::newest_message([this](char* buffer, std::size_t size) {
            return detail::retry([&] { return ::read(context_.get(), buffer, size); });
        });
        if (!text.has_value())
            return text;
        std::string_view said = text.value();
        while (said.ends_with('\n'))
            said.remove_suffix(1);
        for (const std::string_view prefix :
             {std::string_view{"e "}, std::string_view{"overlay: "}})
            if (said.starts_with(prefix))
                said.remove_prefix(prefix.size());
        return std::string{said};
    }

  private:
    explicit mount_context(unique_fd context) noexcept : context_{std::move(context)} {}

    [[nodiscard]] result<void> configure(detail::fsconfig_command command, const char* name,
                                         const char* value, int descriptor) const {
        if (detail::fsconfig(context_.get(), command, name, value, descriptor) == 0)
            return {};
        failure failed = last_failure("fsconfig").at(step::mount);
        failed.subject = name != nullptr ? name : "create";
        if (value != nullptr)
            failed.subject.append("=").append(value);
        if (auto said = message(); said.has_value())
            failed.kernel_message = std::move(said.value());
        return fail(std::move(failed));
    }

    unique_fd context_;
};

} // namespace ovl
