// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/try_user_namespace.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>

#include <string>

namespace ovl {

namespace detail {

/// The reason that stands for the cause of a refusal.
[[nodiscard]] constexpr reason reason_of(namespace_cause cause) noexcept {
    switch (cause) {
    case namespace_cause::no_user_namespaces:
        return reason::user_namespace_no_user_namespaces;
    case namespace_cause::max_user_namespaces:
        return reason::user_namespace_max_user_namespaces;
    case namespace_cause::max_mnt_namespaces:
        return reason::user_namespace_max_mnt_namespaces;
    case namespace_cause::nesting:
        return reason::user_namespace_nesting;
    case namespace_cause::enclosing_limit:
        return reason::user_namespace_enclosing_limit;
    case namespace_cause::unprivileged_userns_clone:
        return reason::user_namespace_unprivileged_userns_clone;
    case namespace_cause::chroot:
        return reason::user_namespace_chroot;
    case namespace_cause::unmapped_id:
        return reason::user_namespace_unmapped_id;
    case namespace_cause::seccomp:
        return reason::user_namespace_seccomp;
    case namespace_cause::apparmor:
        return reason::user_namespace_apparmor;
    case namespace_cause::security_module:
        return reason::user_namespace_security_module;
    case namespace_cause::not_dumpable:
        return reason::user_namespace_not_dumpable;
    case namespace_cause::no_proc:
        return reason::user_namespace_no_proc;
    default:
        return reason::user_namespace_unknown;
    }
}

} // namespace detail

/// Creates a user and a mount namespace in a child that ends at once. A refusal's evidence has
/// `stage/cause` as its subject, with the fact that the cause was told by.
struct user_namespace_creation {
    static constexpr capability asks = capability::user_namespace;

    template <policies P>
    [[nodiscard]] static verdict consider(const P&) {
        const auto trial = try_user_namespace();
        if (!trial.has_value())
            return could_not(asks, trial.error(), {});
        return trial.value().has_value()
                   ? refusal(*trial.value())
                   : give(asks, answer::yes, reason::user_namespace_available);
    }

    /// The verdict that a refusal is.
    [[nodiscard]] static verdict refusal(const namespace_refusal& why) {
        std::string subject = std::string{name(why.stage)} + "/" + std::string{name(why.cause)};
        if (!why.evidence.empty())
            subject += " (" + why.evidence + ")";
        return give(asks, answer::no, detail::reason_of(why.cause),
                    failure{.where = step::enter_namespace,
                            .call = name(why.stage),
                            .error_number = why.error_number,
                            .subject = std::move(subject),
                            .kernel_message = {}});
    }
};

/// Whether this user can create a user namespace with a mount namespace. Needs no privilege; the
/// caller's namespaces stay as they are. `where` is not looked at.
template <policies P = default_policies>
[[nodiscard]] verdict can_create_user_namespace(const directory& where,
                                                const mount_options& extra = {},
                                                const P& set = {}) {
    return run<P, user_namespace_creation>(where, extra, set).front();
}

} // namespace ovl
