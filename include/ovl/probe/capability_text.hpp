// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/capability.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace ovl {

struct capability_text {
    capability which{};
    /// The stable kebab-case key.
    std::string_view key;
    capability_kind kind{};
    /// The function that answers it alone; empty where ovlprobe alone does.
    std::string_view function;
    std::string_view question;
    /// What the answer means for a container runtime, and on what it rests.
    std::string_view explanation;
};

namespace detail {

/// A row of the table below. Plain pointers: hundreds of string views would cost every includer of a probe.
struct capability_row {
    capability which;
    const char* key;
    capability_kind kind;
    const char* function;
    const char* question;
    const char* explanation;
};

/// The one table that keys, kinds, `ovlprobe --list` and `--explain` come from.
inline constexpr std::array capability_rows{
    capability_row{capability::overlay, "overlay", capability_kind::capability, "has_overlay",
                   "does the kernel have overlayfs?",
                   "Without it nothing else here can be yes. Asking makes the kernel load "
                   "the module, if it may. Source: fsopen(2)."},
    capability_row{capability::user_namespace, "user-namespace", capability_kind::capability,
                   "can_create_user_namespace", "can this user create a user and mount namespace?",
                   "The way to overlay without root. Asked by creating one in a child that "
                   "ends at once. A sysctl, a security module, a seccomp filter, a chroot or"
                   " a limit can refuse it, each at a stage of its own. Source: "
                   "user_namespaces(7)."},
    capability_row{capability::mount, "mount", capability_kind::capability, "can_mount_overlay",
                   "does a writable overlay mount here, and really work?",
                   "A mount that succeeds proves little: it may be read-only, or fail to "
                   "replace a lower directory. Asked by creating, copying up, unlinking, and"
                   " replacing a directory of the lower layer."},
    capability_row{capability::lower_layer, "lower-layer", capability_kind::capability,
                   "can_be_lower_layer", "may this directory be a lower layer?",
                   "An image store can live where no upper can: on read-only filesystems, or"
                   " on an overlay while the stacking depth of two is not reached. Asked "
                   "with the upper layer on a tmpfs of its own."},
    capability_row{capability::userxattr, "userxattr", capability_kind::capability,
                   "does_support_userxattr", "does a mount with userxattr work here?",
                   "What a rootless runtime mounts with. Needs Linux 5.11 and a filesystem "
                   "that carries user attributes. Source: "
                   "Documentation/filesystems/overlayfs.rst, User xattr."},
    capability_row{capability::userxattr_needed, "userxattr-needed", capability_kind::state,
                   "needs_userxattr", "must an overlay be mounted with userxattr here?",
                   "In a user namespace the trusted attribute class is out of reach. A mount"
                   " without userxattr may still succeed there, but replacing a lower "
                   "directory then fails with EIO. Asked by mounting without it and doing "
                   "just that. Independent of the policies' attribute class, since it is the"
                   " question by which that class is chosen. Source: "
                   "Documentation/filesystems/overlayfs.rst, User xattr."},
    capability_row{capability::native_diff, "native-diff", capability_kind::capability,
                   "does_support_native_diff", "may the upper directory be read as the diff?",
                   "A runtime that commits a container's changes can pack the upper "
                   "directory as it is, which is quick, or must compare the merged view with"
                   " the layers below, which is slow and always right. The upper is no diff "
                   "where a renamed directory is only a redirect in it (redirect_dir=on, or "
                   "metacopy=on, which implies it), or where the kernel copies the opaque "
                   "mark up (before Linux 4.8). Asked by renaming a lower directory and "
                   "copying up an opaque one. Sources: "
                   "Documentation/filesystems/overlayfs.rst; moby's overlay2 driver."},
    capability_row{capability::metacopy_active, "metacopy-active", capability_kind::state,
                   "using_metacopy", "would a change of metadata alone leave a copy without data?",
                   "With metacopy on, chmod and chown of a large file are quick, since its "
                   "data stays in the lower layer; the upper is then no complete record of "
                   "the file, and native-diff is no. Asked by chmod of a lower file. Source:"
                   " Documentation/filesystems/overlayfs.rst, Metadata only copy up."},
    capability_row{capability::metacopy, "metacopy", capability_kind::capability,
                   "does_support_metacopy", "would metacopy=on work?",
                   "Worth having where containers change the owners of large files. Not in a"
                   " user namespace, and not together with userxattr. Source: "
                   "Documentation/filesystems/overlayfs.rst, Metadata only copy up."},
    capability_row{capability::redirect_dir_active, "redirect-dir-active", capability_kind::state,
                   "using_redirect_dir", "is a renamed lower directory turned into a redirect?",
                   "With redirect_dir on, rename of a lower directory succeeds and leaves a "
                   "redirect in the upper; with it off, programs get EXDEV and copy. Source:"
                   " Documentation/filesystems/overlayfs.rst, Renaming directories."},
    capability_row{capability::redirect_dir, "redirect-dir", capability_kind::capability,
                   "does_support_redirect_dir", "would redirect_dir=on work?",
                   "Makes rename of image directories quick, at the price of native-diff. "
                   "Not in a user namespace. Source: "
                   "Documentation/filesystems/overlayfs.rst, Renaming directories."},
    capability_row{capability::index_active, "index-active", capability_kind::state, "using_index",
                   "is the inode index on by default?",
                   "With index on, hard links of lower files stay one file after copy-up, "
                   "and an upper directory in use elsewhere is refused. Asked by looking for"
                   " the index directory in the workdir. Source: "
                   "Documentation/filesystems/overlayfs.rst, Sharing and copying layers."},
    capability_row{capability::index, "index", capability_kind::capability, "does_support_index",
                   "is index=on accepted and effective?",
                   "In a user namespace the option is accepted and silently dropped. Source:"
                   " Documentation/filesystems/overlayfs.rst, Inode properties."},
    capability_row{capability::nfs_export, "nfs-export", capability_kind::capability,
                   "does_support_nfs_export", "is nfs_export=on accepted and effective?",
                   "Lets the merged view be exported over NFS, and file handles be opened "
                   "later. Asked by encoding a file handle in the merged view. Source: "
                   "Documentation/filesystems/overlayfs.rst, NFS export."},
    capability_row{capability::xino, "xino", capability_kind::capability, "does_support_xino",
                   "is xino=on accepted and effective?",
                   "Gives every file of the merged view a stable, unique inode number though"
                   " the layers are on different filesystems. Asked with a lower layer on a "
                   "tmpfs. Source: Documentation/filesystems/overlayfs.rst, Inode "
                   "properties."},
    capability_row{capability::uuid, "uuid", capability_kind::capability, "does_support_uuid",
                   "is uuid=on accepted and effective?",
                   "Gives the overlay a persistent identity of its own, kept in the upper "
                   "layer, so that fanotify and file handles can tell overlays apart. "
                   "Source: Documentation/filesystems/overlayfs.rst, UUID and fsid."},
    capability_row{capability::verity, "verity", capability_kind::capability, "does_support_verity",
                   "is verity=on accepted and effective?",
                   "Lets a metadata-only copy carry the fs-verity digest of its data, as "
                   "composefs does. Needs fs-verity in the filesystem that holds the data. "
                   "Source: Documentation/filesystems/overlayfs.rst, fs-verity support."},
    capability_row{capability::volatile_mount, "volatile", capability_kind::capability,
                   "does_support_volatile",
                   "is volatile accepted, and a second mount of the same workdir refused?",
                   "No write is synced, and unmounting does not flush the upper filesystem: "
                   "right for containers whose state is thrown away. The kernel must refuse "
                   "to mount what a crash may have torn. Source: "
                   "Documentation/filesystems/overlayfs.rst, Volatile mount."},
    capability_row{capability::data_only_layers, "data-only-layers", capability_kind::capability,
                   "does_support_data_only_layers",
                   "can a layer hold data alone, reached by redirects?",
                   "The layout of composefs and of shared content stores: metadata in one "
                   "layer, file data by digest in another. Asked by reading a file through "
                   "its redirect. Source: Documentation/filesystems/overlayfs.rst, Data-only"
                   " lower layers."},
    capability_row{capability::append_layers, "append-layers", capability_kind::capability,
                   "does_support_append_layers",
                   "can lower layers be appended one by one (lowerdir+)?",
                   "Lifts the limits that one option string puts on the number of layers and"
                   " on their names. Linux 6.8, and 6.6.23. Source: "
                   "Documentation/filesystems/overlayfs.rst."},
    capability_row{capability::layer_fds, "layer-fds", capability_kind::capability,
                   "does_support_layer_fds", "can layers be given as descriptors?",
                   "No path needs to be looked up a second time or escaped, and a layer need"
                   " not be reachable by path at all. Linux 6.13; descriptors opened with "
                   "O_PATH from 6.15."},
    capability_row{capability::many_layers, "many-layers", capability_kind::capability,
                   "does_support_many_layers", "how many lower layers does a mount take here?",
                   "Images with many layers need it. The value is the number by the best "
                   "interface there is; overlayfs itself takes 500, and mount(2) as many as "
                   "fit one page of options."},
    capability_row{capability::idmapped_layers, "idmapped-layers", capability_kind::capability,
                   "does_support_idmapped_layers",
                   "does a lower layer through an idmapped mount show the mapped owner?",
                   "Lets containers with different user mappings share one copy of an image "
                   "without chown. Linux 5.19; the filesystem must allow idmapped mounts. "
                   "Source: Documentation/filesystems/overlayfs.rst; mount_setattr(2)."},
    capability_row{capability::d_type, "d-type", capability_kind::capability, "does_support_d_type",
                   "does the filesystem tell file types in directory listings?",
                   "Without it deleted files are still listed. Missing on xfs made with "
                   "ftype=0 and ext4 without filetype. Source: "
                   "Documentation/filesystems/overlayfs.rst, Upper and Lower."},
    capability_row{capability::xattrs, "xattrs", capability_kind::capability, "does_support_xattrs",
                   "does the filesystem carry the attributes that overlayfs marks entries with?",
                   "Without them an upper layer cannot record opaque directories: ramfs has "
                   "none, tmpfs carries user attributes from Linux 6.6."},
    capability_row{capability::posix_acl, "posix-acl", capability_kind::capability,
                   "does_support_posix_acl",
                   "does the filesystem carry POSIX access control lists?",
                   "Images that use them lose them otherwise. Source: acl(5)."},
    capability_row{capability::tmpfile, "tmpfile", capability_kind::capability,
                   "does_support_tmpfile", "does the filesystem offer O_TMPFILE?",
                   "Overlayfs copies files up through unnamed files where it can, which is "
                   "quicker and leaves nothing behind. Source: open(2)."},
    capability_row{capability::rename_whiteout, "rename-whiteout", capability_kind::capability,
                   "does_support_rename_whiteout", "does the filesystem offer RENAME_WHITEOUT?",
                   "Overlayfs needs it to move a file and hide the lower one in one step. "
                   "Source: rename(2)."},
    capability_row{capability::rename_exchange, "rename-exchange", capability_kind::capability,
                   "does_support_rename_exchange", "does the filesystem offer RENAME_EXCHANGE?",
                   "Needed to replace a whiteout by a directory, and by runtimes to swap "
                   "directories atomically. Source: rename(2)."},
    capability_row{capability::reflink, "reflink", capability_kind::capability,
                   "does_support_reflink", "can files share their data (FICLONE)?",
                   "Copy-up of a large file then costs nothing, where the layers are on one "
                   "filesystem: btrfs, xfs with reflink=1. Source: ioctl_ficlone(2)."},
    capability_row{capability::file_handles, "file-handles", capability_kind::capability,
                   "does_support_file_handles", "does the filesystem encode file handles?",
                   "Index, nfs_export and stable inode numbers after copy-up rest on them. "
                   "Source: name_to_handle_at(2)."},
    capability_row{capability::casefold, "casefold", capability_kind::capability,
                   "does_support_casefold",
                   "can a directory ignore the case of names, and be a layer?",
                   "For images of programs that expect it. Linux 6.18 takes casefolded "
                   "layers, all or none; the filesystem must have been made for it (ext4 -O "
                   "casefold). Source: Documentation/filesystems/overlayfs.rst."},
    capability_row{capability::whiteout_device, "whiteout-device", capability_kind::capability,
                   "does_support_whiteout_device", "does a character device 0:0 hide a lower file?",
                   "The form of deletion that every kernel knows. Making one needs no "
                   "privilege since Linux 5.8. Source: "
                   "Documentation/filesystems/overlayfs.rst, whiteouts and opaque "
                   "directories."},
    capability_row{capability::whiteout_xattr, "whiteout-xattr", capability_kind::capability,
                   "does_support_whiteout_xattr",
                   "does an empty file with the whiteout attribute hide a lower file?",
                   "The form for places that cannot hold devices, such as an overlay inside "
                   "an overlay. Linux 6.7. Source: Documentation/filesystems/overlayfs.rst, "
                   "whiteouts and opaque directories."},
    capability_row{capability::opaque, "opaque", capability_kind::capability, "does_support_opaque",
                   "does the opaque mark hide a lower directory?",
                   "How a directory that was deleted and made anew is recorded. Source: "
                   "Documentation/filesystems/overlayfs.rst, whiteouts and opaque "
                   "directories."},
    capability_row{capability::nested_xattr_escape, "nested-xattr-escape",
                   capability_kind::capability, "does_support_nested_xattr_escape",
                   "can overlayfs's own marks be stored through an overlay?",
                   "Needed to unpack an image that itself holds overlay layers. Linux 6.7. "
                   "Source: Documentation/filesystems/overlayfs.rst, Nesting overlayfs "
                   "mounts."},
    capability_row{capability::override_creds, "override-creds", capability_kind::capability,
                   "does_support_override_creds",
                   "can the mounter's credentials be chosen (override_creds)?",
                   "Lets a runtime decide whose credentials overlayfs uses on the layers. "
                   "Linux 6.15. Source: Documentation/filesystems/overlayfs.rst, Permission "
                   "model."},
    capability_row{capability::new_mount_api, "new-mount-api", capability_kind::capability,
                   "has_new_mount_api",
                   "does the kernel offer fsopen, fsconfig and fsmount for overlay?",
                   "Mounts without the limit of one page of options, with errors told apart."
                   " Linux 5.2; overlay takes part natively from 6.5. A seccomp filter may "
                   "hide it. Source: fsopen(2)."},
    capability_row{capability::detached_mount, "detached-mount", capability_kind::capability,
                   "can_use_detached_mounts",
                   "can an overlay be used without attaching it anywhere?",
                   "Such a mount is in no mount table, and is gone with the process, killed "
                   "or not. Source: fsmount(2)."},
    capability_row{capability::mount_log, "mount-log", capability_kind::capability, "has_mount_log",
                   "does the kernel say in words why an option is refused?",
                   "The message of the mount context names the option at fault, which an "
                   "errno cannot. Source: fsopen(2)."},
    capability_row{capability::statmount, "statmount", capability_kind::capability, "has_statmount",
                   "does the kernel offer statmount?",
                   "Reads a mount's options back without parsing a text table. Linux 6.8; "
                   "options from 6.12. Source: statmount(2)."},
    capability_row{capability::selinux_context, "selinux-context", capability_kind::capability,
                   "does_support_selinux_context", "does the context mount option work?",
                   "Where SELinux is on, a runtime labels a container's files by it. Source:"
                   " selinux(8); mount(8)."},
    capability_row{capability::fuse_overlayfs, "fuse-overlayfs", capability_kind::capability, "",
                   "is the fallback in user space installed, and does it mount here?",
                   "Rootless runtimes fall back on fuse-overlayfs where the kernel's overlay "
                   "does not mount; it costs a context switch or more for each operation. Asked by "
                   "ovlprobe alone, which starts the program from its usual places and copies a "
                   "file up. Source: fuse-overlayfs(1)."},
};

} // namespace detail

/// What is said of a capability.
[[nodiscard]] constexpr capability_text describe(capability which) noexcept {
    const detail::capability_row& row = detail::capability_rows[static_cast<std::size_t>(which)];
    return {.which = row.which,
            .key = row.key,
            .kind = row.kind,
            .function = row.function,
            .question = row.question,
            .explanation = row.explanation};
}

/// What is said of all, in the order of the enumeration.
[[nodiscard]] constexpr auto capability_texts() noexcept {
    std::array<capability_text, detail::capability_rows.size()> texts{};
    for (std::size_t i = 0; i < texts.size(); ++i)
        texts[i] = describe(static_cast<capability>(i));
    return texts;
}

/// The capability with this key, where there is one.
[[nodiscard]] constexpr std::optional<capability> find_capability(std::string_view key) noexcept {
    for (const detail::capability_row& row : detail::capability_rows)
        if (row.key == key)
            return row.which;
    return std::nullopt;
}

} // namespace ovl
