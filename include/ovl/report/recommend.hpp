// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/mount_options.hpp>
#include <ovl/report/report.hpp>

#include <array>
#include <optional>
#include <range/v3/algorithm/any_of.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace ovl {

/// What a recommendation says of one option, also where that is to leave it out.
struct option_advice {
    /// Its name: `userxattr`.
    std::string_view option;
    std::string_view reason;
};

/// The mount options for a container's root.
struct recommendation {
    mount_options options{};
    std::vector<option_advice> reasons{};

    /// `userxattr,xino=off`, as mount(8) takes it; empty where the kernel's defaults are right.
    [[nodiscard]] std::string option_string() const {
        std::string text;
        for (const mount_parameter& parameter : options.parameters()) {
            text.append(text.empty() ? "" : ",").append(parameter.name);
            if (parameter.value != nullptr)
                text.append("=").append(parameter.value);
        }
        return text;
    }
};

namespace detail {

/// The options that decide whether the upper can be read as the diff.
inline void advise_on_diff(const report& about, recommendation& advice) {
    const bool userxattr = advice.options.userxattr;
    // metacopy=off and redirect_dir=off conflict with userxattr, which keeps both off by itself.
    if (about.says(capability::metacopy_active, answer::yes)) {
        if (!userxattr)
            advice.options.metacopy = toggle::off;
        advice.reasons.push_back(
            {"metacopy", "it is on by default here, and leaves files without data in the upper "
                         "directory, which can then not be read as the diff"});
    } else if (about.says(capability::metacopy_active, answer::no)) {
        advice.reasons.push_back({"metacopy", "left out: it is off already, as reading the upper "
                                              "directory as the diff needs it to be"});
    }
    const verdict* const diff = about.find(capability::native_diff);
    const bool redirects = about.says(capability::redirect_dir_active, answer::yes) ||
                           (diff != nullptr && diff->because == reason::redirect_dir_on);
    if (redirects && !userxattr) {
        advice.options.redirect_dir = redirect_dir_mode::off;
        advice.reasons.push_back({"redirect_dir", "it is in effect by default here, and a renamed "
                                                  "directory is then no diff"});
    }
}

inline void advise_on_inodes(const report& about, recommendation& advice) {
    if (about.says(capability::xino, answer::yes)) {
        advice.options.xino = xino_mode::off;
        advice.reasons.push_back(
            {"xino", "a container's layers lie on one filesystem, where inode numbers are "
                     "constant without it"});
    }
    if (about.says(capability::index_active, answer::yes)) {
        advice.options.index = toggle::off;
        advice.reasons.push_back(
            {"index", "it is on by default here, and makes it an error (EBUSY, ESTALE) to mount an "
                      "upper directory again over other layers"});
    } else if (about.says(capability::index_active, answer::no)) {
        advice.reasons.push_back({"index", "left out: it is off already"});
    }
}

/// Whether one of the verdicts that advice rests on came from a mount.
[[nodiscard]] inline bool shows_a_writable_mount(const report& about) {
    constexpr std::array rested_on{capability::mount,
                                   capability::userxattr_needed,
                                   capability::native_diff,
                                   capability::metacopy_active,
                                   capability::redirect_dir_active,
                                   capability::index_active,
                                   capability::xino,
                                   capability::volatile_mount};
    if (about.says(capability::mount, answer::no))
        return false;
    return ranges::any_of(rested_on, [&](capability which) {
        const verdict* const found = about.find(which);
        return found != nullptr && *found != answer::unknown &&
               !rules_out_writable_mounts(found->because);
    });
}

} // namespace detail

/// The mount options that a runtime should use for a container's root in the directory of this
/// report, each with its reason; a verdict that is not in the report gives no advice. None where
/// the report does not show that a writable overlay can be mounted there.
[[nodiscard]] inline std::optional<recommendation> recommend(const report& about) {
    if (!detail::shows_a_writable_mount(about))
        return std::nullopt;
    recommendation advice;
    if (about.says(capability::userxattr_needed, answer::yes)) {
        advice.options.userxattr = true;
        advice.reasons.push_back({"userxattr", "in this user namespace an overlay without it "
                                               "cannot replace a lower directory"});
    }
    detail::advise_on_diff(about, advice);
    detail::advise_on_inodes(about, advice);
    if (about.says(capability::volatile_mount, answer::yes))
        advice.reasons.push_back(
            {"volatile", "left out: after a crash the upper directory would have to be thrown "
                         "away; add it for a container that is thrown away in any case, since "
                         "ending it then syncs nothing"});
    return advice;
}

} // namespace ovl
