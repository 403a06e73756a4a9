// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstdint>

namespace ovl {

/// The questions, one enumerator each; describe() in <ovl/probe/capability_text.hpp> tells all about them.
enum class capability : std::uint8_t {
    overlay,
    user_namespace,
    mount,
    lower_layer,
    userxattr,
    userxattr_needed,
    native_diff,
    metacopy_active,
    metacopy,
    redirect_dir_active,
    redirect_dir,
    index_active,
    index,
    nfs_export,
    xino,
    uuid,
    verity,
    volatile_mount,
    data_only_layers,
    append_layers,
    layer_fds,
    many_layers,
    idmapped_layers,
    d_type,
    xattrs,
    posix_acl,
    tmpfile,
    rename_whiteout,
    rename_exchange,
    reflink,
    file_handles,
    casefold,
    whiteout_device,
    whiteout_xattr,
    opaque,
    nested_xattr_escape,
    override_creds,
    new_mount_api,
    detached_mount,
    mount_log,
    statmount,
    selinux_context,
    /// Answered by ovlprobe alone: the library starts no program.
    fuse_overlayfs,
};

/// A capability is good to have; a state is neither good nor bad.
enum class capability_kind : std::uint8_t { capability, state };

} // namespace ovl
