// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/mount/mount_options.hpp>

#include <array>
#include <string>
#include <string_view>

namespace ovl {

/// Two options that the kernel does not take together, and why.
struct option_conflict {
    std::string_view one;
    std::string_view other;
    std::string_view rule;
    bool (*holds)(const mount_options&);
};

// clang-format off
/// The kernel's conflicts between options, which it tells to its own log alone:
/// ovl_fs_params_verify of fs/overlayfs/params.c; measured on Linux 6.18 for every pair. Not here are
/// those of some kernels alone: verity with userxattr (6.12), redirect_dir=off with userxattr where
/// the parameter redirect_always_follow is set.
inline constexpr std::array option_conflicts{
    option_conflict{"metacopy=on", "redirect_dir=off", "metacopy needs redirect_dir=on",
        [](const mount_options& o) { return o.metacopy == toggle::on && o.redirect_dir == redirect_dir_mode::off && o.upperdir; }},
    option_conflict{"metacopy=on", "redirect_dir=follow", "metacopy needs redirect_dir=on",
        [](const mount_options& o) { return o.metacopy == toggle::on && o.redirect_dir == redirect_dir_mode::follow && o.upperdir; }},
    option_conflict{"metacopy=on", "redirect_dir=nofollow", "metacopy needs redirect_dir=on",
        [](const mount_options& o) { return o.metacopy == toggle::on && o.redirect_dir == redirect_dir_mode::nofollow; }},
    option_conflict{"metacopy=on", "userxattr", "user.* attributes are no safe place for metacopy",
        [](const mount_options& o) { return o.metacopy == toggle::on && o.userxattr; }},
    option_conflict{"redirect_dir=on", "userxattr", "user.* attributes are no safe place for redirects; nofollow is allowed",
        [](const mount_options& o) { return o.redirect_dir == redirect_dir_mode::on && o.userxattr; }},
    option_conflict{"redirect_dir=follow", "userxattr", "user.* attributes are no safe place for redirects; nofollow is allowed",
        [](const mount_options& o) { return o.redirect_dir == redirect_dir_mode::follow && o.userxattr; }},
    option_conflict{"nfs_export=on", "index=off", "nfs_export needs index=on",
        [](const mount_options& o) { return o.nfs_export == toggle::on && o.index == toggle::off && o.upperdir; }},
    option_conflict{"nfs_export=on", "metacopy=on", "file handles cannot be told for a file whose data lies elsewhere",
        [](const mount_options& o) { return o.nfs_export == toggle::on && o.metacopy == toggle::on && o.upperdir; }},
    option_conflict{"volatile", "fsync=auto", "volatile is fsync=volatile",
        [](const mount_options& o) { return o.is_volatile && o.fsync == fsync_mode::automatic; }},
    option_conflict{"volatile", "fsync=strict", "volatile is fsync=volatile",
        [](const mount_options& o) { return o.is_volatile && o.fsync == fsync_mode::strict; }},
};
// clang-format on

/// The most lower layers, data-only ones among them, that the kernel stacks: OVL_MAX_STACK.
inline constexpr std::size_t most_layers = 500;

/// Checks options against the rules that hold on every kernel, before any call is made. Fails with
/// EINVAL, the options at fault as the subject and the rule as the explanation. What depends on
/// the layers themselves the kernel alone can tell. Needs no privilege.
[[nodiscard]] inline result<void> check_options(const mount_options& options) {
    const auto broken = [](std::string subject, std::string_view rule) {
        return fail({.where = step::check_options,
                     .call = "check_options",
                     .error_number = EINVAL,
                     .subject = std::move(subject),
                     .explanation = std::string{rule}});
    };
    const std::size_t layers = options.lowerdir.size() + options.datadir.size();
    if (options.lowerdir.empty())
        return broken("lowerdir", "an overlay needs a lower layer");
    for (const auto* const group : {&options.lowerdir, &options.datadir})
        for (const layer_source& each : *group)
            if (each.by_path() && each.path().empty())
                return broken("lowerdir", "a layer's path is empty");
    if (layers > most_layers)
        return broken(std::to_string(layers) + " lower layers",
                      "overlayfs takes at most 500 lower layers; merge some of them");
    if (options.upperdir && !options.workdir)
        return broken("upperdir without workdir", "an upper layer needs a workdir on its mount");
    if (options.workdir && !options.upperdir)
        return broken("workdir without upperdir", "a workdir serves an upper layer");
    if (!options.upperdir && layers < 2)
        return broken("lowerdir=" + options.lowerdir.front().path(),
                      "without an upper layer at least two lower ones are needed");
    for (const option_conflict& conflict : option_conflicts)
        if (conflict.holds(options))
            return broken(std::string{conflict.one}.append(" with ").append(conflict.other),
                          conflict.rule);
    return {};
}

} // namespace ovl
