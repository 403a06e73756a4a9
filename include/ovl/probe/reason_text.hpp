// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/reason.hpp>

#include <array>
#include <cstddef>
#include <string_view>

namespace ovl {

struct reason_text {
    reason code;
    /// The stable kebab-case name.
    std::string_view name;
    /// One sentence for people, without a full stop.
    std::string_view sentence;
    /// What to do about it; empty where nothing is known.
    std::string_view fix;
};

inline constexpr std::array reason_texts{
    reason_text{reason::directory_not_opened, "directory-not-opened",
                "the directory could not be opened",
                "name a directory that exists and may be searched"},
    reason_text{reason::access_denied, "access-denied",
                "access was denied, by file permissions or a security module",
                "ask about a directory in which this user may write"},
    reason_text{reason::not_permitted, "not-permitted",
                "the operation is not permitted at this privilege",
                "run as root, or inside a user and mount namespace"},
    reason_text{
        reason::refused_as_invalid, "refused-as-invalid",
        "the kernel refused an operation as invalid, which is not the answer to the question", ""},
    reason_text{reason::no_space, "no-space",
                "there is no space, no inode or no quota left for the probe's few entries",
                "free space or inodes on the filesystem (df, df -i, quota)"},
    reason_text{reason::read_only_filesystem, "read-only-filesystem",
                "the filesystem is read-only, and an upper layer must be written to",
                "use a directory on a writable filesystem"},
    reason_text{reason::overlay_on_overlay, "overlay-on-overlay",
                "the directory is itself on an overlay, which cannot hold an upper layer",
                "mount a volume (ext4, xfs, btrfs, tmpfs) there, and keep the upper layer on it"},
    reason_text{reason::no_xattrs, "no-xattrs",
                "the filesystem does not carry the extended attributes that overlayfs marks its "
                "entries with",
                "use ext4, xfs or btrfs, or tmpfs from Linux 6.6"},
    reason_text{reason::no_writable_mount, "no-writable-mount",
                "no writable overlay can be mounted here, so it has no such state",
                "use a directory on ext4, xfs, btrfs or tmpfs"},
    reason_text{
        reason::mount_read_only, "mount-read-only",
        "the overlay was mounted read-only, since the kernel could not prepare its workdir",
        "make sure the directory's owner is mapped in this user namespace, and see the kernel log"},
    reason_text{reason::mount_denied, "mount-denied",
                "a security module or file permissions denied the mount",
                "look for denials by SELinux (ausearch -m avc) or AppArmor (journalctl -k), and "
                "allow mounts of overlay"},
    reason_text{
        reason::mount_not_permitted, "mount-not-permitted",
        "mounting overlay is not permitted: CAP_SYS_ADMIN over the mount namespace is missing, or "
        "the kernel keeps overlay from user namespaces",
        "run as root or inside a user and mount namespace (unshare -Urm), on Linux 5.11 or later"},
    reason_text{reason::mount_refused, "mount-refused", "the kernel refused the mount as invalid",
                "see the kernel log (dmesg) for the cause"},
    reason_text{reason::overlay_missing, "overlay-missing", "the kernel has no overlayfs",
                "load the module (modprobe overlay), or use a kernel with CONFIG_OVERLAY_FS"},
    reason_text{reason::mount_interface_missing, "mount-interface-missing",
                "the kernel, or a seccomp filter, does not offer this mount interface",
                "use another mount backend"},
    reason_text{reason::interface_limit, "interface-limit",
                "the mount interface cannot express these layers or options",
                "use the fsopen backend, or shorter paths"},
    reason_text{
        reason::bad_mount_option, "bad-mount-option",
        "the mount works without the extra mount options and is refused with them",
        "check the options for spelling, conflicts, and what this kernel allows at this privilege"},
    reason_text{reason::out_of_resources, "out-of-resources",
                "the system ran out of descriptors or memory", ""},
    reason_text{reason::input_output_error, "input-output-error",
                "an input/output error came in the way", "see the kernel log (dmesg)"},
    reason_text{reason::trusted_xattrs_in_user_namespace, "trusted-xattrs-in-user-namespace",
                "in a user namespace the trusted attribute class cannot be seen, so nothing would "
                "be learnt",
                "use the rootless policies (ovl::rootless; ovlprobe --mode rootless)"},
    reason_text{
        reason::dangerous_filesystem, "dangerous-filesystem",
        "overlay probes are known to have panicked kernels on this filesystem, so none was made",
        "probe it anyway with --force, on a machine that may crash"},
    reason_text{reason::mounting_ruled_out, "mounting-ruled-out",
                "it takes a mount to tell, and the caller has ruled mounts out",
                "ask again without --no-mount"},
    reason_text{reason::namespace_refused, "namespace-refused",
                "this user may not mount, and a user and mount namespace was refused", ""},
    reason_text{reason::timed_out, "timed-out",
                "the directory did not answer within the time limit",
                "see whether the filesystem's server can be reached, or give it more time with "
                "--timeout"},
    reason_text{reason::probe_ended, "probe-ended",
                "the probing process ended before it had answered",
                "see the kernel log (dmesg) for a crash or the out-of-memory killer"},
    reason_text{reason::step_failed, "step-failed",
                "a step of the probe failed before the question could be put", ""},
    reason_text{reason::upper_is_the_diff, "upper-is-the-diff",
                "the upper directory can be read as the diff", ""},
    reason_text{reason::opaque_copied_up, "opaque-copied-up",
                "the opaque mark is copied up by mistake, so the diff would hide files that are "
                "still there",
                "update to Linux 4.8 or later"},
    reason_text{reason::redirect_dir_on, "redirect-dir-on",
                "redirect_dir is on by mount option, so a renamed directory is a redirect in the "
                "upper, which a "
                "diff cannot express",
                "mount with redirect_dir=off, or set it for all: echo N > "
                "/sys/module/overlay/parameters/redirect_dir"},
    reason_text{reason::redirect_dir_on_by_metacopy, "redirect-dir-on-by-metacopy",
                "metacopy is on by mount option, which turns redirect_dir on, and neither can be "
                "expressed in a diff",
                "mount with metacopy=off, or set it for all: echo N > "
                "/sys/module/overlay/parameters/metacopy"},
    reason_text{reason::metacopy_on, "metacopy-on",
                "a change of metadata alone leaves a file without data in the upper directory", ""},
    reason_text{reason::metacopy_off, "metacopy-off",
                "a change of metadata copies the whole file up", ""},
    reason_text{reason::metacopy_without_xattrs, "metacopy-without-xattrs",
                "the upper filesystem carries no attribute that could mark a metadata-only copy",
                ""},
    reason_text{reason::works_without_userxattr, "works-without-userxattr",
                "a mount without userxattr works in full", ""},
    reason_text{reason::crippled_without_userxattr, "crippled-without-userxattr",
                "without userxattr the mount succeeds, but a lower directory cannot be replaced",
                "mount with userxattr"},
    reason_text{reason::refused_without_userxattr, "refused-without-userxattr",
                "without userxattr the mount is refused, and with it works",
                "mount with userxattr"},
    reason_text{reason::needed_but_no_user_xattrs, "needed-but-no-user-xattrs",
                "userxattr is needed, and this filesystem cannot carry user attributes",
                "use ext4, xfs or btrfs, or tmpfs from Linux 6.6"},
    reason_text{reason::userxattr_unsupported, "userxattr-unsupported",
                "overlay can be mounted in this user namespace neither with userxattr nor without",
                "use Linux 5.11 or later"},
    reason_text{reason::option_works, "option-works", "the option is accepted, and has its effect",
                ""},
    reason_text{reason::option_refused, "option-refused",
                "the kernel refuses the option here, while the same mount without it works",
                "leave the option out, or see the kernel log (dmesg) for the conflict"},
    reason_text{reason::option_without_effect, "option-without-effect",
                "the option is accepted, and silently has no effect here",
                "do not rely on it; in a user namespace the kernel drops it"},
    reason_text{reason::state_on, "on", "it is in effect without being asked for", ""},
    reason_text{reason::state_off, "off", "it is not in effect unless asked for", ""},
    reason_text{reason::writable_mount_works, "writable-mount-works",
                "a writable overlay mounts and works: create, copy up, delete, replace", ""},
    reason_text{reason::copy_up_lost_data, "copy-up-lost-data",
                "a copied-up file does not hold what the lower one held",
                "do not use this filesystem for an upper layer"},
    reason_text{reason::deletion_still_listed, "deletion-without-effect",
                "a deleted lower file is still there", "use a filesystem that can hold whiteouts"},
    reason_text{reason::lower_directory_not_replaced, "lower-directory-not-replaced",
                "a directory of the lower layer cannot be replaced, though the mount succeeds",
                "in a user namespace mount with userxattr, on ext4, xfs, btrfs, or tmpfs from "
                "Linux 6.6; elsewhere use a filesystem with extended attributes"},
    reason_text{reason::redirect_dir_on_by_parameter, "redirect-dir-on-by-parameter",
                "redirect_dir is on by module parameter or kernel configuration, so a renamed "
                "directory is a redirect in the upper, which a diff cannot express",
                "mount with redirect_dir=off, or for all mounts: echo N > "
                "/sys/module/overlay/parameters/redirect_dir"},
    reason_text{reason::redirect_dir_on_by_metacopy_parameter,
                "redirect-dir-on-by-metacopy-parameter",
                "metacopy is on by module parameter or kernel configuration, which turns "
                "redirect_dir on, and neither can be expressed in a diff",
                "mount with metacopy=off, or for all mounts: echo N > "
                "/sys/module/overlay/parameters/metacopy"},
    reason_text{reason::volatile_works, "volatile-works",
                "volatile is accepted, and its workdir is not taken a second time", ""},
    reason_text{reason::volatile_not_guarded, "volatile-not-guarded",
                "volatile is accepted, but nothing keeps a workdir that may be torn from being "
                "mounted again",
                "remove the upper layer yourself after a crash"},
    reason_text{reason::data_layer_read, "data-layer-read",
                "a file is read from a data-only layer through its redirect", ""},
    reason_text{reason::data_layer_needs_metacopy, "data-layer-needs-metacopy",
                "a data-only layer is read, but only with metacopy=on", "mount with metacopy=on"},
    reason_text{reason::data_layer_not_read, "data-layer-not-read",
                "the layer is accepted, but a file is not read from it through its redirect",
                "use Linux 6.16 or later, or copy the data into the layers"},
    reason_text{reason::hidden, "hidden", "the lower entry is hidden", ""},
    reason_text{reason::not_hidden, "not-hidden",
                "the mark is there, and the lower entry still shows",
                "use the other form of whiteout (whiteout-device, whiteout-xattr)"},
    reason_text{reason::mark_refused, "mark-refused", "the layer does not take the mark",
                "use the other form of whiteout, or a filesystem that takes it"},
    reason_text{reason::mark_escaped, "mark-escaped",
                "a mark set through the overlay is stored under an escaped name", ""},
    reason_text{reason::mark_not_escaped, "mark-not-escaped",
                "a mark set through the overlay is not stored",
                "use Linux 6.7 or later, or unpack such images outside an overlay"},
    reason_text{reason::verity_unsupported, "verity-unsupported",
                "the filesystem does not offer fs-verity",
                "use ext4 (tune2fs -O verity) or btrfs, on a kernel with CONFIG_FS_VERITY"},
};

/// What is said of a reason.
[[nodiscard]] constexpr const reason_text& describe(reason code) noexcept {
    return reason_texts[static_cast<std::size_t>(code)];
}

static_assert(
    [] {
        for (std::size_t i = 0; i < reason_texts.size(); ++i)
            if (reason_texts[i].code != static_cast<reason>(i))
                return false;
        return true;
    }(),
    "reason_texts lists every reason, in the order of the enumeration");

} // namespace ovl
