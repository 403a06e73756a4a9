// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/security_modules.hpp>
#include <ovl/policies.hpp>
#include <ovl/policy/xattr.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <array>
#include <fcntl.h>
#include <string>

namespace ovl {

/// Mounts an overlay with the context option, and looks at the label of a file in it. The label is
/// that of the directory, which the policy is sure to know.
struct selinux_context {
    static constexpr capability asks = capability::selinux_context;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        const auto& fs = view.set().fs;
        // selinuxfs is often hidden in containers, where the label of the process still shows.
        auto enforce = fs.status(AT_FDCWD, "/sys/fs/selinux/enforce");
        if (!enforce.has_value() && !read_security_modules().label_is_of_selinux())
            return view.no(
                reason::selinux_off,
                std::move(enforce.error()).at(step::read_facts).on("/sys/fs/selinux/enforce"));
        if (auto built = view.build(tree); !built.has_value())
            return view.could_not(std::move(built.error()));
        auto found = read_xattr(fs, view.fd(), ".", attribute);
        if (!found.has_value() && found.error().error_number != ENOTSUP)
            return view.could_not(std::move(found.error()).at(step::read_facts));
        const std::string label = without_categories(
            found.has_value() ? found.value().value_or(common_label) : common_label);
        auto mount = view.mount({.others = {{"context", label}}});
        if (!mount.has_value())
            return refused(view, std::move(mount.error()));
        auto merged = read_xattr(fs, mount.value().root(),
                                 merged_path(describe(asks).key, "f").c_str(), attribute);
        if (!merged.has_value())
            return view.could_not(std::move(merged.error()).at(step::observe));
        const std::string shown = without_categories(merged.value().value_or(""));
        return shown == label ? view.yes(reason::selinux_context_works)
                              : view.no(reason::option_without_effect,
                                        detail::observed("lgetxattr", "label " + shown));
    }

  private:
    static constexpr std::array tree{tree_entry{layer_name::lower1, "f", S_IFREG | 0644}};
    static constexpr const char* attribute = "security.selinux";
    static constexpr const char* common_label = "system_u:object_r:tmp_t:s0";

    /// `user:role:type:s0` of `user:role:type:s0:c1,c2` and a NUL: mount(2) splits options at
    /// commas.
    [[nodiscard]] static std::string without_categories(std::string label) {
        label.resize(std::min(label.size(), label.find('\0')));
        std::size_t end = 0;
        for (int field = 0; field < 4 && end != std::string::npos; ++field)
            end = label.find(':', end + (field == 0 ? 0 : 1));
        return label.substr(0, end);
    }

    template <policies P>
    [[nodiscard]] static verdict refused(const scratch_view<P>& view, failure what) {
        verdict found = view.option_refused(std::move(what));
        if (found.because == reason::option_refused)
            found.because = reason::selinux_context_refused;
        return found;
    }
};

/// Whether the context mount option labels the files of an overlay in `where`. Needs CAP_SYS_ADMIN
/// over the mount namespace, and write permission in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_selinux_context(const directory& where,
                                                   const mount_options& extra = {},
                                                   const P& set = {}) {
    return run<P, selinux_context>(where, extra, set).front();
}

} // namespace ovl
