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
    // verity
    verity_unsupported,
};

} // namespace ovl
