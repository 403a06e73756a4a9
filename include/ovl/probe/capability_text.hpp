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
    /// What the answer means for a container runtime, and how it was asked.
    std::string_view explanation;
    /// What having it costs, or what having it rules out.
    std::string_view trade_off;
    std::string_view sources;
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
    const char* trade_off;
    const char* sources;
};

/// The one table that keys, kinds, `ovlprobe --list` and `--explain` come from.
inline constexpr std::array capability_rows{
    capability_row{capability::overlay, "overlay", capability_kind::capability, "has_overlay",
                   "does the kernel have overlayfs?",
                   "Without it nothing else here can be yes. Asking makes the kernel load the "
                   "module, if it may.",
                   "None to be had: without it only fuse-overlayfs is left.", "fsopen(2)"},
    capability_row{capability::user_namespace, "user-namespace", capability_kind::capability,
                   "can_create_user_namespace", "can this user create a user and mount namespace?",
                   "The way to overlay without root. Asked by creating one in a child that ends at "
                   "once. A sysctl, a security module, a seccomp filter, a chroot or a limit can "
                   "refuse it, each at a stage of its own.",
                   "Whoever may make user namespaces reaches more of the kernel, which is why "
                   "distributions restrict them.",
                   "user_namespaces(7)"},
    capability_row{capability::mount, "mount", capability_kind::capability, "can_mount_overlay",
                   "does a writable overlay mount here, and really work?",
                   "A mount that succeeds proves little: it may be read-only, or fail to replace a "
                   "lower directory. Asked by creating, copying up, unlinking, and replacing a "
                   "directory of the lower layer.",
                   "None: it is the ground that the other answers stand on.",
                   "Documentation/filesystems/overlayfs.rst; fs/overlayfs/super.c"},
    capability_row{
        capability::lower_layer, "lower-layer", capability_kind::capability, "can_be_lower_layer",
        "may this directory be a lower layer?",
        "An image store can live where no upper can: on read-only filesystems, or on an overlay "
        "while the stacking depth of two is not reached. Asked with the upper layer on a tmpfs of "
        "its own.",
        "The upper layer then needs a filesystem of its own, and copy-up can share no data.",
        "Documentation/filesystems/overlayfs.rst, Multiple lower layers"},
    capability_row{capability::userxattr, "userxattr", capability_kind::capability,
                   "does_support_userxattr", "does a mount with userxattr work here?",
                   "What a rootless runtime mounts with. Needs Linux 5.11 and a filesystem that "
                   "carries user attributes.",
                   "Rules out metacopy and redirect_dir, and the layers hold marks that a rootful "
                   "mount does not read.",
                   "Documentation/filesystems/overlayfs.rst, User xattr"},
    capability_row{
        capability::userxattr_needed, "userxattr-needed", capability_kind::state, "needs_userxattr",
        "must an overlay be mounted with userxattr here?",
        "In a user namespace the trusted attribute class is out of reach. A mount without "
        "userxattr may still succeed there, but replacing a lower directory then fails with EIO. "
        "Asked by mounting without it and doing just that. Independent of the policies' attribute "
        "class, since it is the question by which that class is chosen.",
        "With it the layers hold marks of another class, which a rootful mount does not read.",
        "Documentation/filesystems/overlayfs.rst, User xattr"},
    capability_row{capability::native_diff, "native-diff", capability_kind::capability,
                   "does_support_native_diff", "may the upper directory be read as the diff?",
                   "A runtime that commits a container's changes can pack the upper directory as "
                   "it is, which is quick, or must compare the merged view with the layers below, "
                   "which is slow and always right. The upper is no diff where a renamed directory "
                   "is only a redirect in it (redirect_dir=on, or metacopy=on, which implies it), "
                   "or where the kernel copies the opaque mark up (before Linux 4.8). Asked by "
                   "renaming a lower directory and copying up an opaque one.",
                   "It wants redirect_dir and metacopy off, so rename of a lower directory is "
                   "EXDEV, and chmod copies the data.",
                   "Documentation/filesystems/overlayfs.rst; moby's overlay2 driver"},
    capability_row{capability::metacopy_active, "metacopy-active", capability_kind::state,
                   "using_metacopy", "would a change of metadata alone leave a copy without data?",
                   "With metacopy on, chmod and chown of a large file are quick, since its data "
                   "stays in the lower layer; the upper is then no complete record of the file, "
                   "and native-diff is no. Asked by chmod of a lower file.",
                   "Quick chmod and chown against an upper that is no diff.",
                   "Documentation/filesystems/overlayfs.rst, Metadata only copy up"},
    capability_row{capability::metacopy, "metacopy", capability_kind::capability,
                   "does_support_metacopy", "would metacopy=on work?",
                   "Worth having where containers change the owners of large files. Not in a user "
                   "namespace, and not together with userxattr.",
                   "The upper depends on its lower layers for data, and is no diff; an upper from "
                   "somebody else may then point anywhere.",
                   "Documentation/filesystems/overlayfs.rst, Metadata only copy up"},
    capability_row{capability::redirect_dir_active, "redirect-dir-active", capability_kind::state,
                   "using_redirect_dir", "is a renamed lower directory turned into a redirect?",
                   "With redirect_dir on, rename of a lower directory succeeds and leaves a "
                   "redirect in the upper; with it off, programs get EXDEV and copy.",
                   "Quick renames against an upper that is no diff.",
                   "Documentation/filesystems/overlayfs.rst, Renaming directories"},
    capability_row{capability::redirect_dir, "redirect-dir", capability_kind::capability,
                   "does_support_redirect_dir", "would redirect_dir=on work?",
                   "Makes rename of image directories quick, at the price of native-diff. Not in a "
                   "user namespace.",
                   "The upper is no diff, and the layers must stay together in their order.",
                   "Documentation/filesystems/overlayfs.rst, Renaming directories"},
    capability_row{capability::index_active, "index-active", capability_kind::state, "using_index",
                   "is the inode index on by default?",
                   "With index on, hard links of lower files stay one file after copy-up, and an "
                   "upper directory in use elsewhere is refused. Asked by looking for the index "
                   "directory in the workdir.",
                   "Hard links are kept, but layers that were copied or are shared are refused.",
                   "Documentation/filesystems/overlayfs.rst, Sharing and copying layers"},
    capability_row{
        capability::index, "index", capability_kind::capability, "does_support_index",
        "is index=on accepted and effective?",
        "Hard links of lower files stay one file after copy-up, and an upper directory in use "
        "elsewhere is refused. In a user namespace the option is accepted and silently dropped.",
        "One entry in the workdir for each hard link copied up; layers that were copied elsewhere "
        "are refused with ESTALE.",
        "Documentation/filesystems/overlayfs.rst, Inode properties"},
    capability_row{
        capability::nfs_export, "nfs-export", capability_kind::capability,
        "does_support_nfs_export", "is nfs_export=on accepted and effective?",
        "Lets the merged view be exported over NFS, and file handles be opened later. Asked by "
        "encoding a file handle in the merged view.",
        "Forces the index on, with an entry for every file copied up, and rules out metacopy.",
        "Documentation/filesystems/overlayfs.rst, NFS export"},
    capability_row{capability::xino, "xino", capability_kind::capability, "does_support_xino",
                   "is xino=on accepted and effective?",
                   "Gives every file of the merged view a stable, unique inode number though the "
                   "layers are on different filesystems. Asked with a lower layer on a tmpfs.",
                   "Inode numbers use more than 32 bits, which old programs may not take; needless "
                   "where all layers are on one filesystem.",
                   "Documentation/filesystems/overlayfs.rst, Inode properties"},
    capability_row{capability::uuid, "uuid", capability_kind::capability, "does_support_uuid",
                   "is uuid=on accepted and effective?",
                   "Gives the overlay a persistent identity of its own, kept in the upper layer, "
                   "so that fanotify and file handles can tell overlays apart.",
                   "Writes an attribute to the upper layer on the first mount.",
                   "Documentation/filesystems/overlayfs.rst, UUID and fsid"},
    capability_row{capability::verity, "verity", capability_kind::capability, "does_support_verity",
                   "is verity=on accepted and effective?",
                   "Lets a metadata-only copy carry the fs-verity digest of its data, as composefs "
                   "does. Needs fs-verity in the filesystem that holds the data.",
                   "Opening a file costs a look at its digest, and with require every file of the "
                   "lower layers must have one.",
                   "Documentation/filesystems/overlayfs.rst, fs-verity support"},
    capability_row{capability::volatile_mount, "volatile", capability_kind::capability,
                   "does_support_volatile",
                   "is volatile accepted, and a second mount of the same workdir refused?",
                   "No write is synced, and unmounting does not flush the upper filesystem: right "
                   "for containers whose state is thrown away. The kernel must refuse to mount "
                   "what a crash may have torn.",
                   "After a crash the upper layer must be thrown away.",
                   "Documentation/filesystems/overlayfs.rst, Volatile mount"},
    capability_row{
        capability::data_only_layers, "data-only-layers", capability_kind::capability,
        "does_support_data_only_layers", "can a layer hold data alone, reached by redirects?",
        "The layout of composefs and of shared content stores: metadata in one layer, file data by "
        "digest in another. Asked by reading a file through its redirect.",
        "Files of the data layers are reached through redirects alone, and are in no listing.",
        "Documentation/filesystems/overlayfs.rst, Data-only lower layers"},
    capability_row{capability::append_layers, "append-layers", capability_kind::capability,
                   "does_support_append_layers",
                   "can lower layers be appended one by one (lowerdir+)?",
                   "Lifts the limits that one option string puts on the number of layers and on "
                   "their names. Linux 6.8, and 6.6.23.",
                   "One call to the kernel for each layer, some microseconds.",
                   "Documentation/filesystems/overlayfs.rst"},
    capability_row{
        capability::layer_fds, "layer-fds", capability_kind::capability, "does_support_layer_fds",
        "can layers be given as descriptors?",
        "No path needs to be looked up a second time or escaped, and a layer need not be reachable "
        "by path at all. Linux 6.13; descriptors opened with O_PATH from 6.15.",
        "A descriptor for each layer while mounting.",
        "Documentation/filesystems/overlayfs.rst; fs/overlayfs/params.c"},
    capability_row{
        capability::many_layers, "many-layers", capability_kind::capability,
        "does_support_many_layers", "how many lower layers does a mount take here?",
        "Images with many layers need it. The value is the number by the best interface there is; "
        "overlayfs itself takes 500, and mount(2) as many as fit one page of options.",
        "Every lookup of a name that is not there asks each layer.",
        "fs/overlayfs/params.h, OVL_MAX_STACK; mount(2)"},
    capability_row{capability::idmapped_layers, "idmapped-layers", capability_kind::capability,
                   "does_support_idmapped_layers",
                   "does a lower layer through an idmapped mount show the mapped owner?",
                   "Lets containers with different user mappings share one copy of an image "
                   "without chown. Linux 5.19; the filesystem must allow idmapped mounts.",
                   "The owner on disk differs from the owner that is seen, for every tool that "
                   "looks at the layers from outside.",
                   "Documentation/filesystems/overlayfs.rst; mount_setattr(2)"},
    capability_row{capability::d_type, "d-type", capability_kind::capability, "does_support_d_type",
                   "does the filesystem tell file types in directory listings?",
                   "Without it deleted files are still listed. Missing on xfs made with ftype=0 "
                   "and ext4 without filetype.",
                   "None; it costs nothing and is chosen when the filesystem is made.",
                   "Documentation/filesystems/overlayfs.rst, Upper and Lower"},
    capability_row{
        capability::xattrs, "xattrs", capability_kind::capability, "does_support_xattrs",
        "does the filesystem carry the attributes that overlayfs marks entries with?",
        "Without them an upper layer cannot record opaque directories: ramfs has none, tmpfs "
        "carries user attributes from Linux 6.6.",
        "None; the mount option nouser_xattr or a filesystem without them is what takes them away.",
        "Documentation/filesystems/overlayfs.rst, Upper and Lower; xattr(7)"},
    capability_row{
        capability::posix_acl, "posix-acl", capability_kind::capability, "does_support_posix_acl",
        "does the filesystem carry POSIX access control lists?",
        "Images that use them lose them otherwise.",
        "A little room for each list; the mount option noacl takes them away.", "acl(5)"},
    capability_row{capability::tmpfile, "tmpfile", capability_kind::capability,
                   "does_support_tmpfile", "does the filesystem offer O_TMPFILE?",
                   "Overlayfs copies files up through unnamed files where it can, which is quicker "
                   "and leaves nothing behind.",
                   "None; without it copies lie in the workdir under temporary names.", "open(2)"},
    capability_row{capability::rename_whiteout, "rename-whiteout", capability_kind::capability,
                   "does_support_rename_whiteout", "does the filesystem offer RENAME_WHITEOUT?",
                   "Overlayfs needs it to move a file and hide the lower one in one step.",
                   "None; without it the two steps can be torn by a crash.", "rename(2)"},
    capability_row{capability::rename_exchange, "rename-exchange", capability_kind::capability,
                   "does_support_rename_exchange", "does the filesystem offer RENAME_EXCHANGE?",
                   "Needed to replace a whiteout by a directory, and by runtimes to swap "
                   "directories atomically.",
                   "None.", "rename(2)"},
    capability_row{capability::reflink, "reflink", capability_kind::capability,
                   "does_support_reflink", "can files share their data (FICLONE)?",
                   "Copy-up of a large file then costs nothing, where the layers are on one "
                   "filesystem: btrfs, xfs with reflink=1.",
                   "Shared extents make later writes to the copy fragment.", "ioctl_ficlone(2)"},
    capability_row{capability::file_handles, "file-handles", capability_kind::capability,
                   "does_support_file_handles", "does the filesystem encode file handles?",
                   "Index, nfs_export and stable inode numbers after copy-up rest on them.",
                   "Whoever has CAP_DAC_READ_SEARCH may open by handle, past every path.",
                   "name_to_handle_at(2)"},
    capability_row{capability::casefold, "casefold", capability_kind::capability,
                   "does_support_casefold",
                   "can a directory ignore the case of names, and be a layer?",
                   "For images of programs that expect it. Linux 6.18 takes casefolded layers, all "
                   "or none; the filesystem must have been made for it (ext4 -O casefold).",
                   "Lookups cost more, and names that differ in case alone cannot be together.",
                   "Documentation/filesystems/overlayfs.rst"},
    capability_row{
        capability::whiteout_device, "whiteout-device", capability_kind::capability,
        "does_support_whiteout_device", "does a character device 0:0 hide a lower file?",
        "The form of deletion that every kernel knows. Making one needs no privilege since Linux "
        "5.8.",
        "Not every filesystem or archive holds devices; some tools need privilege to unpack them.",
        "Documentation/filesystems/overlayfs.rst, whiteouts and opaque directories"},
    capability_row{capability::whiteout_xattr, "whiteout-xattr", capability_kind::capability,
                   "does_support_whiteout_xattr",
                   "does an empty file with the whiteout attribute hide a lower file?",
                   "The form for places that cannot hold devices, such as an overlay inside an "
                   "overlay. Linux 6.7.",
                   "Older kernels show the file, and a directory that holds such must be marked.",
                   "Documentation/filesystems/overlayfs.rst, whiteouts and opaque directories"},
    capability_row{capability::opaque, "opaque", capability_kind::capability, "does_support_opaque",
                   "does the opaque mark hide a lower directory?",
                   "How a directory that was deleted and made anew is recorded.",
                   "None; without it a directory that was made anew shows the old one's entries.",
                   "Documentation/filesystems/overlayfs.rst, whiteouts and opaque directories"},
    capability_row{capability::nested_xattr_escape, "nested-xattr-escape",
                   capability_kind::capability, "does_support_nested_xattr_escape",
                   "can overlayfs's own marks be stored through an overlay?",
                   "Needed to unpack an image that itself holds overlay layers. Linux 6.7.",
                   "Older kernels show the escaped marks as plain attributes.",
                   "Documentation/filesystems/overlayfs.rst, Nesting overlayfs mounts"},
    capability_row{
        capability::override_creds, "override-creds", capability_kind::capability,
        "does_support_override_creds", "can the mounter's credentials be chosen (override_creds)?",
        "Lets a runtime decide whose credentials overlayfs uses on the layers. Linux 6.15.",
        "Without it the mounter's credentials are used, which may be more than the user of the "
        "container ought to have.",
        "Documentation/filesystems/overlayfs.rst, Permission model"},
    capability_row{
        capability::new_mount_api, "new-mount-api", capability_kind::capability,
        "has_new_mount_api", "does the kernel offer fsopen, fsconfig and fsmount for overlay?",
        "Mounts without the limit of one page of options, with errors told apart. Linux 5.2; "
        "overlay takes part natively from 6.5. A seccomp filter may hide it.",
        "A seccomp profile that does not know these calls refuses them: mount(2) is the fallback.",
        "fsopen(2)"},
    capability_row{
        capability::detached_mount, "detached-mount", capability_kind::capability,
        "can_use_detached_mounts", "can an overlay be used without attaching it anywhere?",
        "Such a mount is in no mount table, and is gone with the process, killed or not.",
        "It cannot be seen in a mount table, so not be found there either.", "fsmount(2)"},
    capability_row{
        capability::mount_log, "mount-log", capability_kind::capability, "has_mount_log",
        "does the kernel say in words why an option is refused?",
        "The message of the mount context names the option at fault, which an errno cannot.",
        "It tells what is wrong with an option, but not with the layers: that goes to the kernel's "
        "log.",
        "fsopen(2)"},
    capability_row{
        capability::statmount, "statmount", capability_kind::capability, "has_statmount",
        "does the kernel offer statmount?",
        "Reads a mount's options back without parsing a text table. Linux 6.8; options from 6.12.",
        "None; /proc/self/mountinfo is the fallback.", "statmount(2)"},
    capability_row{capability::selinux_context, "selinux-context", capability_kind::capability,
                   "does_support_selinux_context", "does the context mount option work?",
                   "Where SELinux is on, a runtime labels a container's files by it.",
                   "One label for all files, in place of each layer's own.",
                   "selinux(8); mount(8)"},
    capability_row{capability::fuse_overlayfs, "fuse-overlayfs", capability_kind::capability, "",
                   "is the fallback in user space installed, and does it mount here?",
                   "Rootless runtimes fall back on fuse-overlayfs where the kernel's overlay does "
                   "not mount. Asked by ovlprobe alone, which starts the program from its usual "
                   "places and copies a file up.",
                   "A context switch or more for each operation, and it dies with its process.",
                   "fuse-overlayfs(1)"},
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
            .explanation = row.explanation,
            .trade_off = row.trade_off,
            .sources = row.sources};
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
