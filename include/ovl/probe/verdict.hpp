// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/failure.hpp>
#include <ovl/detail/errno_name.hpp>
#include <ovl/environment/backing_filesystem.hpp>
#include <ovl/probe/capability_text.hpp>
#include <ovl/probe/reason_text.hpp>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace ovl {

/// `no` is an answer: the control worked, and the thing in question did not. `unknown` is none: the
/// question could not be put, or something unrelated failed on the way.
enum class answer : std::uint8_t { yes, no, unknown };

[[nodiscard]] constexpr std::string_view name(answer a) noexcept {
    constexpr std::string_view names[] = {"yes", "no", "unknown"};
    return names[static_cast<unsigned>(a)];
}

/// An answer, and everything that is known of why. Compares with an `answer`.
struct verdict {
    capability asked{};
    answer is = answer::unknown;
    reason because = reason::step_failed;
    /// The call that decided it, where one did.
    std::optional<failure> evidence{};
    /// For the capabilities that are a number.
    std::optional<std::uint64_t> value{};

    [[nodiscard]] friend bool operator==(const verdict& v, answer a) noexcept { return v.is == a; }

    /// The whole story in one line: `native-diff: no: redirect_dir is on, ... (observe: lgetxattr
    /// ...)`.
    [[nodiscard]] std::string why() const {
        std::string text;
        text.append(describe(asked).key).append(": ").append(name(is)).append(": ");
        text.append(describe(because).sentence);
        if (evidence.has_value())
            text.append(" (").append(evidence_text()).append(")");
        if (!describe(because).fix.empty())
            text.append("; fix: ").append(describe(because).fix);
        return text;
    }

    /// The evidence in one line: `mount: fsconfig create: EINVAL`.
    [[nodiscard]] std::string evidence_text() const {
        if (!evidence.has_value())
            return {};
        std::string text{name(evidence->where)};
        text.append(": ").append(evidence->call);
        if (!evidence->subject.empty())
            text.append(" ").append(evidence->subject);
        if (evidence->error_number != 0)
            text.append(": ").append(detail::errno_name(evidence->error_number));
        if (!evidence->kernel_message.empty())
            text.append(": ").append(evidence->kernel_message);
        return text;
    }
};

/// An answer of one's own.
[[nodiscard]] inline verdict give(capability asked, answer is, reason because,
                                  std::optional<failure> evidence = std::nullopt) {
    return {.asked = asked, .is = is, .because = because, .evidence = std::move(evidence)};
}

/// What a failure on the way to an answer means, given where it happened and on what filesystem.
// NOLINTNEXTLINE(readability-function-cognitive-complexity): a table of errnos, read from top to bottom.
[[nodiscard]] inline reason reason_of(const failure& what, const backing_filesystem& filesystem) {
    const bool preparing = what.where == step::create_scratch || what.where == step::build_layers ||
                           what.where == step::mount;
    const int error = what.error_number;
    if (what.where == step::open_directory)
        return reason::directory_not_opened;
    if (error == ENOSPC || error == EDQUOT)
        return reason::no_space;
    if (error == EMFILE || error == ENFILE || error == ENOMEM)
        return reason::out_of_resources;
    if (error == EIO)
        return reason::input_output_error;
    if (what.where == step::create_scratch && (error == ENOTSUP || error == EAGAIN))
        return reason::no_private_scratch;
    // EROFS alone is not enough: a filesystem that was writable a moment ago is a failing one.
    if (preparing && filesystem.read_only)
        return reason::read_only_filesystem;
    if (filesystem.is_overlay() && preparing && what.where != step::create_scratch &&
        (error == EINVAL || error == ENOTSUP || error == EPERM))
        return reason::overlay_on_overlay;
    if ((what.where == step::build_layers || what.where == step::observe) && error == ENOTSUP)
        return reason::no_xattrs;
    const bool mounting = what.where == step::mount;
    switch (error) {
    case ENODEV:
        return mounting ? reason::overlay_missing : reason::step_failed;
    case ENOSYS:
        return mounting ? reason::mount_interface_missing : reason::step_failed;
    case E2BIG:
    case ENAMETOOLONG:
        return mounting ? reason::interface_limit : reason::step_failed;
    case EPERM:
        return mounting ? reason::mount_not_permitted : reason::not_permitted;
    case EACCES:
        return mounting ? reason::mount_denied : reason::access_denied;
    case EINVAL:
        return mounting ? reason::mount_refused : reason::refused_as_invalid;
    default:
        return reason::step_failed;
    }
}

/// Whether a reason means that no writable overlay can exist in this place at all.
[[nodiscard]] constexpr bool rules_out_writable_mounts(reason because) noexcept {
    return because == reason::read_only_filesystem || because == reason::overlay_on_overlay ||
           because == reason::no_xattrs || because == reason::mount_read_only;
}

/// The verdict where the place rules a writable mount out: a capability is `no`, a state `unknown`.
[[nodiscard]] inline verdict ruled_out(capability asked, reason because, failure what) {
    if (describe(asked).kind == capability_kind::capability)
        return give(asked, answer::no, because, std::move(what));
    return give(asked, answer::unknown, reason::no_writable_mount, std::move(what));
}

/// The verdict where a step failed on the way: `unknown`, but where the place rules a writable
/// mount out.
[[nodiscard]] inline verdict could_not(capability asked, failure what,
                                       const backing_filesystem& filesystem) {
    const reason because = reason_of(what, filesystem);
    return rules_out_writable_mounts(because)
               ? ruled_out(asked, because, std::move(what))
               : give(asked, answer::unknown, because, std::move(what));
}

} // namespace ovl
