// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstdint>

namespace ovl {

/// Why an answer is what it is. The names are stable; new ones may come.
enum class reason : std::uint8_t {
    // Common to all: the question could not be put.
    directory_not_opened,
    access_denied,
    not_permitted,
    refused_as_invalid,
    no_space,
    read_only_filesystem,
    overlay_on_overlay,
    no_xattrs,
    no_writable_mount,
    mount_read_only,
    mount_denied,
    mount_not_permitted,
    mount_refused,
    overlay_missing,
    mount_interface_missing,
    interface_limit,
    bad_mount_option,
    out_of_resources,
    input_output_error,
    no_private_scratch,
    place_changed,
    trusted_xattrs_in_user_namespace,
    dangerous_filesystem,
    mounting_ruled_out,
    namespace_refused,
    timed_out,
    probe_ended,
    step_failed,
    // native-diff
    upper_is_the_diff,
    opaque_copied_up,
    redirect_dir_on,
    redirect_dir_on_by_metacopy,
    // metacopy-active
    metacopy_on,
    metacopy_off,
    metacopy_without_xattrs,
    // userxattr-needed
    works_without_userxattr,
    crippled_without_userxattr,
    refused_without_userxattr,
    needed_but_no_user_xattrs,
    userxattr_unsupported,
    // Common to the options.
    option_works,
    option_refused,
    option_without_effect,
    state_on,
    state_off,
    // mount
    writable_mount_works,
    copy_up_lost_data,
    deletion_still_listed,
    lower_directory_not_replaced,
    // native-diff
    redirect_dir_on_by_parameter,
    redirect_dir_on_by_metacopy_parameter,
    // volatile
    volatile_works,
    volatile_not_guarded,
    // data-only-layers
    data_layer_read,
    data_layer_needs_metacopy,
    data_layer_not_read,
    // whiteout-device, whiteout-xattr, opaque
    hidden,
    not_hidden,
    mark_refused,
    // nested-xattr-escape
    mark_escaped,
    mark_not_escaped,
    // uuid
    uuid_not_kept,
    // verity
    verity_unsupported,
    // overlay
    overlay_available,
    // user-namespace
    user_namespace_available,
    user_namespace_no_user_namespaces,
    user_namespace_max_user_namespaces,
    user_namespace_max_mnt_namespaces,
    user_namespace_nesting,
    user_namespace_enclosing_limit,
    user_namespace_unprivileged_userns_clone,
    user_namespace_chroot,
    user_namespace_unmapped_id,
    user_namespace_seccomp,
    user_namespace_apparmor,
    user_namespace_security_module,
    user_namespace_not_dumpable,
    user_namespace_no_proc,
    user_namespace_unknown,
    // lower-layer
    lower_layer_works,
    stacking_too_deep,
    lower_layer_refused,
    // append-layers
    layers_appended,
    layers_not_appended,
    // layer-fds
    layer_fds_of_any_kind,
    layer_fds_not_by_path_only,
    layer_fds_refused,
    // many-layers
    many_layers_appended,
    many_layers_in_a_page,
    many_layers_mounted,
    many_layers_refused,
    // idmapped-layers
    idmapped_owner_shown,
    idmapped_mounts_missing,
    idmapped_filesystem_unsupported,
    idmapped_filesystem_not_owned,
    idmapped_layer_refused,
    idmapped_owner_not_shown,
    // d-type, xattrs, posix-acl, tmpfile, rename-whiteout, rename-exchange, reflink, file-handles
    d_type_told,
    d_type_missing,
    d_type_missing_ext4,
    d_type_missing_xfs,
    xattrs_carried,
    posix_acl_carried,
    posix_acl_missing,
    tmpfile_offered,
    tmpfile_missing,
    rename_whiteout_offered,
    rename_whiteout_missing,
    rename_exchange_offered,
    rename_exchange_missing,
    reflink_offered,
    reflink_missing,
    reflink_missing_xfs,
    file_handles_encoded,
    file_handles_missing,
    // casefold
    casefold_layers_work,
    casefold_missing,
    casefold_layers_refused,
    // new-mount-api, detached-mount, mount-log, statmount
    new_mount_api_native,
    new_mount_api_legacy,
    new_mount_api_missing,
    detached_mount_works,
    mount_log_speaks,
    mount_log_silent,
    statmount_with_options,
    statmount_without_options,
    statmount_missing,
    // selinux-context
    selinux_off,
    selinux_context_works,
    selinux_context_refused,
    // fuse-overlayfs
    fuse_overlayfs_works,
    fuse_overlayfs_missing,
    fuse_device_closed,
    fuse_overlayfs_failed,
};

} // namespace ovl
