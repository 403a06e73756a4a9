// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/subjects.hpp"

#include <ovl/detail/errno_name.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

/// The rule by which an answer that was given under a fault is right or wrong, in one place.
namespace ovl_trust {

/// Every errno that each call is made to fail with.
inline constexpr std::array errnos{EIO,    ENOSPC, EDQUOT, EACCES, EPERM,  EMFILE, ENFILE,
                                   ENOMEM, EINTR,  EROFS,  ELOOP,  ESTALE, ENOSYS, EBUSY};

/// The one call that failed.
struct failed_call {
    /// As the evidence names it.
    std::string call;
    /// What it was made on, as far as is known.
    std::string name;
    int error_number = 0;

    [[nodiscard]] std::string text() const {
        return call + " " + name + " " + ovl::detail::errno_name(error_number);
    }
    [[nodiscard]] bool names(std::string_view part) const {
        return name.find(part) != std::string::npos;
    }
};

/// Whether this call with this errno is the kernel's own word on the very thing that is asked
/// about, so that `no` (or, of a state, the other answer) is what a user must be told. All else that
/// differs from the answer without the fault has to be `unknown`. What decides is who could say so:
///
/// - ENOSYS says that there is no such call. It is the answer where the call itself is asked about
///   (new-mount-api, detached-mount, mount-log, statmount; mount_setattr for idmapped layers).
/// - EPERM and EACCES say that it is not for this caller. They are the answer where what they meet
///   is the mount with the option, or with the kind of layer, that is asked about, and the same
///   mount without it has worked (the control): the reason says so, and the step is `mount`. For
///   `mount` itself there is nothing to leave out: the refusal is the answer; nor is there for
///   userxattr where it is asked along with `mount`, and the two share one mount.
///   They are the answer, too, where they meet the one entry or mark that is asked about.
/// - ENOSPC says of the call that makes a namespace that there may be no more of them: namespaces(7).
/// - Everything else (EIO, no space, no memory, no descriptors, a signal, a loop, a stale handle,
///   busy, EROFS on a filesystem that is not read-only) says nothing about what is asked: never.
[[nodiscard]] inline bool is_the_kernels_word(const ovl::verdict& with, const failed_call& failed) {
    using enum ovl::reason;
    using ovl::capability;
    if (!with.evidence.has_value() || with.evidence->error_number != failed.error_number)
        return false;
    const int error = failed.error_number;
    const ovl::reason because = with.because;
    if (error == ENOSYS)
        return because == new_mount_api_missing || because == statmount_missing ||
               because == idmapped_mounts_missing;
    if (error == ENOSPC)
        return (failed.call == "unshare" && because == user_namespace_max_mnt_namespaces) ||
               (failed.call == "clone3" && (because == user_namespace_max_user_namespaces ||
                                            because == user_namespace_enclosing_limit));
    if (error != EPERM && error != EACCES)
        return false;
    if (because == mount_not_permitted && with.asked == capability::userxattr)
        return failed.call == "mount" || failed.call == "fsopen" || failed.call == "fsconfig" ||
               failed.call == "fsmount";
    if (with.evidence->where == ovl::step::mount)
        return because == option_refused || because == layers_not_appended ||
               because == layer_fds_refused || because == many_layers_refused ||
               because == lower_layer_refused || because == selinux_context_refused ||
               because == refused_without_userxattr || because == data_layer_needs_metacopy ||
               with.asked == capability::mount;
    if (because == mark_refused)
        return with.asked == capability::whiteout_device
                   ? failed.names("lower2/whiteout-device.f")
                   : failed.call == "set_xattr" || failed.call == "lsetxattr";
    return (because == mark_not_escaped || because == user_namespace_unknown ||
            because == user_namespace_seccomp || because == idmapped_filesystem_not_owned);
}

/// Whether a call like this is made at the evidence's step: what is read is not what is written.
[[nodiscard]] inline bool is_a_step_of(const ovl::failure& evidence, const failed_call& failed) {
    using enum ovl::step;
    const ovl::step where = evidence.where;
    // A directory is opened again, and looked at, in another mount namespace: the one asked about or, to build in
    // it, a scratch directory.
    if (evidence.call == "fstat")
        return where == open_directory || where == build_layers;
    if (failed.names(".ovl-probe-"))
        return where == (failed.names("/ovl-scratch-") ? build_layers : create_scratch);
    static constexpr std::array<std::string_view, 6> reads{
        "status", "read_file", "get_xattr", "read_entries", "fstatat", "lgetxattr"};
    if (std::find(reads.begin(), reads.end(), failed.call) != reads.end())
        return where != act && where != build_layers && where != mount;
    if (failed.call == "fsopen" || failed.call == "fsconfig" || failed.call == "fsmount")
        return where == mount;
    return true;
}

/// Whether an answer is the one without the fault, if perhaps for another reason: an older kernel is
/// made up for in another way (ENOSYS), which has a reason, and for many-layers a number, of its own.
[[nodiscard]] inline bool is_the_same(const ovl::verdict& without, const ovl::verdict& with,
                                      const failed_call& failed) {
    if (with.is != without.is)
        return false;
    if (with.because == without.because && with.value == without.value)
        return true;
    return failed.error_number == ENOSYS && with.is == ovl::answer::yes;
}

/// Whether the evidence names a call as the library does that made it: by another name of the C
/// library, with the command, by the function of a library that made it on its behalf, or by the stage
/// of a namespace.
[[nodiscard]] inline bool is_call(const ovl::failure& evidence, const failed_call& failed) {
    static constexpr std::array<std::array<std::string_view, 2>, 8> others{
        {{"open", "openat"},
         {"stat", "fstatat"},
         {"fstat", "fstatat"},
         {"fsetxattr", "lsetxattr"},
         {"pthread_create", "clone3"},
         {"read", "recvfrom"},
         {"stat", "readlink"},
         {"stat", "statx"}}};
    if (evidence.call == failed.call || evidence.call.starts_with(failed.call + " ") ||
        evidence.call == "mnt_context_mount" || evidence.where == ovl::step::enter_namespace)
        return true;
    return std::find(others.begin(), others.end(),
                     std::array<std::string_view, 2>{evidence.call, failed.call}) != others.end();
}

/// Whether the evidence is of a refusal as it is without the fault: its control could not be made.
[[nodiscard]] inline bool lacks_a_control(const ovl::verdict& without, const ovl::verdict& with) {
    return without.evidence.has_value() &&
           without.evidence->error_number == with.evidence->error_number &&
           without.evidence->where == with.evidence->where;
}

/// Whether the evidence tells of the call that failed.
[[nodiscard]] inline bool tells_what_failed(const ovl::verdict& with, const failed_call& failed) {
    // pthread_create(3) says EAGAIN to ENOMEM.
    const bool same_errno =
        with.evidence->error_number == failed.error_number ||
        (with.evidence->call == "pthread_create" && failed.error_number == ENOMEM &&
         with.evidence->error_number == EAGAIN);
    // What fails in the child of a trial of namespaces ends it without a report.
    const bool without_report =
        with.evidence->call == "recvfrom" && with.evidence->error_number == EIO;
    return without_report || (same_errno && is_call(*with.evidence, failed));
}

/// What is wrong with an answer given while a call failed; none where it holds: it is the answer
/// without the fault; or it is `unknown`, and tells the call that failed and its errno; or it is the
/// kernel's word.
[[nodiscard]] inline std::optional<std::string>
wrong_answer(const ovl::verdict& without, const ovl::verdict& with, const failed_call& failed) {
    if (is_the_same(without, with, failed) || is_the_kernels_word(with, failed))
        return std::nullopt;
    const std::string answered = "answered " + with.why() + " instead of " + without.why();
    if (with.is != ovl::answer::unknown)
        return answered;
    if (!with.evidence.has_value())
        return "no evidence: " + answered;
    if (lacks_a_control(without, with))
        return std::nullopt;
    if (!tells_what_failed(with, failed))
        return "another call or errno: " + answered;
    if (!is_a_step_of(*with.evidence, failed))
        return "another step: " + answered;
    return std::nullopt;
}

} // namespace ovl_trust
