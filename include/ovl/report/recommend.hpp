// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/mount_options.hpp>
#include <ovl/report/report.hpp>

#include <optional>
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

/// What a report says of a capability by key; `unknown` where it was not asked.
[[nodiscard]] inline const verdict* verdict_on(const report& about, std::string_view key) {
    const capability_text* const known = find_capability(key);
    return known == nullptr ? nullptr : about.find(known->which);
}

[[nodiscard]] inline bool says(const report& about, std::string_view key, answer expected) {
    const verdict* const found = verdict_on(about, key);
    return found != nullptr && *found == expected;
}

/// The options that decide whether the upper can be read as the diff.
inline void advise_on_diff(const report& about, recommendation& advice) {
    const verdict* const diff = verdict_on(about, "native-diff");
    const bool userxattr = advice.options.userxattr;
    // metacopy=off and redirect_dir=off conflict with userxattr, which keeps both off by itself.
    if (says(about, "metacopy-active", answer::yes)) {
        if (!userxattr)
            advice.options.metacopy = toggle::off;
        advice.reasons.push_back(
            {"metacopy", "it is on by default here, and leaves files without data in the upper "
                         "directory, which can then not be read as the diff"});
    } else if (says(about, "metacopy-active", answer::no)) {
        advice.reasons.push_back({"metacopy", "left out: it is off already, as reading the upper "
                                              "directory as the diff needs it to be"});
    }
    const bool redirects =
        diff != nullptr && (diff->because == reason::redirect_dir_on ||
                            diff->because == reason::redirect_dir_on_by_metacopy);
    if (redirects && !userxattr) {
        advice.options.redirect_dir = redirect_dir_mode::off;
        advice.reasons.push_back({"redirect_dir", "it is on by default here, and a renamed "
                                                  "directory is then no diff"});
    }
}

inline void advise_on_inodes(const report& about, recommendation& advice) {
    if (says(about, "xino", answer::yes)) {
        advice.options.xino = xino_mode::off;
        advice.reasons.push_back(
            {"xino", "a container's layers lie on one filesystem, where inode numbers are "
                     "constant without it"});
    }
    if (says(about, "index-active", answer::yes)) {
        advice.options.index = toggle::off;
        advice.reasons.push_back(
            {"index", "it is on by default here, and makes it an error (EBUSY, ESTALE) to mount an "
                      "upper directory again over other layers"});
    } else if (says(about, "index-active", answer::no)) {
        advice.reasons.push_back({"index", "left out: it is off already"});
    }
}

} // namespace detail

/// The mount options that a runtime should use for a container's root in the directory of this
/// report, each with its reason; a verdict that is not in the report gives no advice. None where
/// the report says that no writable overlay can be mounted there, or nothing at all.
[[nodiscard]] inline std::optional<recommendation> recommend(const report& about) {
    bool any = false;
    bool ruled_out = detail::says(about, "mount", answer::no);
    for (const verdict& v : about.verdicts) {
        any |= v.is != answer::unknown;
        ruled_out |= rules_out_writable_mounts(v.because) || v.because == reason::no_writable_mount;
    }
    if (!any || ruled_out)
        return std::nullopt;
    recommendation advice;
    if (detail::says(about, "userxattr-needed", answer::yes)) {
        advice.options.userxattr = true;
        advice.reasons.push_back({"userxattr", "in this user namespace an overlay without it "
                                               "cannot replace a lower directory"});
    }
    detail::advise_on_diff(about, advice);
    detail::advise_on_inodes(about, advice);
    if (detail::says(about, "volatile", answer::yes))
        advice.reasons.push_back(
            {"volatile", "left out: after a crash the upper directory would have to be thrown "
                         "away; add it for a container that is thrown away in any case, since "
                         "ending it then syncs nothing"});
    return advice;
}

} // namespace ovl
