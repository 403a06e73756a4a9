// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace ovl {

/// The questions. Their keys are the stable spelling in options, reports and labels.
enum class capability : std::uint8_t {
    native_diff,
    metacopy_active,
    userxattr_needed,
};

/// A capability is good to have; a state is neither good nor bad.
enum class capability_kind : std::uint8_t { capability, state };

struct capability_text {
    capability which;
    /// The stable kebab-case key.
    std::string_view key;
    capability_kind kind;
    /// The function that answers it alone.
    std::string_view function;
    std::string_view question;
    /// What the answer means for a container runtime, and on what it rests.
    std::string_view explanation;
};

/// The one table that keys, kinds, `ovlprobe --list` and `--explain` come from.
inline constexpr std::array capability_texts{
    capability_text{
        capability::native_diff, "native-diff", capability_kind::capability,
        "does_support_native_diff", "may the upper directory be read as the diff?",
        "A runtime that commits a container's changes can pack the upper directory as it is, which "
        "is "
        "quick, or must compare the merged view with the layers below file by file, which is slow "
        "and "
        "always right. The upper directory is no diff where a renamed directory is only a redirect "
        "in it "
        "(redirect_dir=on, or metacopy=on, which implies it), or where the kernel copies the "
        "opaque mark up "
        "(before Linux 4.8). Asked by renaming a lower directory and by copying up an opaque one. "
        "Sources: Documentation/filesystems/overlayfs.rst; moby, overlay2 driver."},
    capability_text{
        capability::metacopy_active, "metacopy-active", capability_kind::state, "using_metacopy",
        "would a change of metadata alone leave a copy without data?",
        "With metacopy on, chmod and chown of a large file are quick, since its data stays in the "
        "lower "
        "layer; the upper directory is then no complete record of the changed file, and "
        "native-diff is no. "
        "Asked by chmod of a lower file, and a look at the upper one's metacopy attribute. "
        "Sources: Documentation/filesystems/overlayfs.rst, Metadata only copy up."},
    capability_text{capability::userxattr_needed, "userxattr-needed", capability_kind::state,
                    "needs_userxattr", "must an overlay be mounted with userxattr here?",
                    "In a user namespace the trusted attribute class is out of reach. A mount "
                    "without userxattr may "
                    "still succeed there, but then replacing a lower directory fails with EIO. "
                    "Asked by mounting without "
                    "it, and removing and making anew a directory of the lower layer. It does not "
                    "depend on the policies' "
                    "attribute class, since it is the question by which that class is chosen. "
                    "Sources: Documentation/filesystems/overlayfs.rst, User xattr; Linux 5.11."},
};

/// What is said of a capability.
[[nodiscard]] constexpr const capability_text& describe(capability which) noexcept {
    return capability_texts[static_cast<std::size_t>(which)];
}

/// The capability with this key; null where there is none.
[[nodiscard]] constexpr const capability_text* find_capability(std::string_view key) noexcept {
    const auto* const found =
        std::find_if(capability_texts.begin(), capability_texts.end(),
                     [=](const capability_text& text) { return text.key == key; });
    return found == capability_texts.end() ? nullptr : found;
}

static_assert(
    [] {
        for (std::size_t i = 0; i < capability_texts.size(); ++i)
            if (capability_texts[i].which != static_cast<capability>(i))
                return false;
        return true;
    }(),
    "capability_texts lists every capability, in the order of the enumeration");

} // namespace ovl
