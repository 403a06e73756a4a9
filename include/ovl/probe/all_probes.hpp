// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/append_layers.hpp>
#include <ovl/probe/casefold.hpp>
#include <ovl/probe/d_type.hpp>
#include <ovl/probe/data_only_layers.hpp>
#include <ovl/probe/file_handles.hpp>
#include <ovl/probe/hiding.hpp>
#include <ovl/probe/idmapped_layers.hpp>
#include <ovl/probe/inode_index.hpp>
#include <ovl/probe/lower_layer.hpp>
#include <ovl/probe/many_layers.hpp>
#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/metacopy_option.hpp>
#include <ovl/probe/mount_interface.hpp>
#include <ovl/probe/native_diff.hpp>
#include <ovl/probe/nested_xattr_escape.hpp>
#include <ovl/probe/nfs_export_option.hpp>
#include <ovl/probe/overlay_in_kernel.hpp>
#include <ovl/probe/override_creds_option.hpp>
#include <ovl/probe/redirect_dir.hpp>
#include <ovl/probe/reflink.hpp>
#include <ovl/probe/rename_flags.hpp>
#include <ovl/probe/selinux_context.hpp>
#include <ovl/probe/statmount.hpp>
#include <ovl/probe/tmpfile.hpp>
#include <ovl/probe/user_namespace_creation.hpp>
#include <ovl/probe/userxattr_mount.hpp>
#include <ovl/probe/userxattr_needed.hpp>
#include <ovl/probe/uuid_option.hpp>
#include <ovl/probe/verity_option.hpp>
#include <ovl/probe/volatile_option.hpp>
#include <ovl/probe/writable_mount.hpp>
#include <ovl/probe/xattrs.hpp>
#include <ovl/probe/xino_option.hpp>

#include <vector>

namespace ovl {

namespace detail {

template <class... Q>
struct probe_list {
    template <policies P>
    [[nodiscard]] static std::vector<question<P>> questions() {
        std::vector<question<P>> list;
        list.reserve(sizeof...(Q));
        (list.push_back(question_of<P, Q>()), ...);
        return list;
    }
};

using all_probes =
    probe_list<overlay_in_kernel, user_namespace_creation, writable_mount, lower_layer,
               userxattr_mount, userxattr_needed, native_diff, metacopy_active, metacopy_option,
               redirect_dir_active, redirect_dir_option, index_active, index_option,
               nfs_export_option, xino_option, uuid_option, verity_option, volatile_option,
               data_only_layers, append_layers, layer_fds, many_layers, idmapped_layers, d_type,
               xattrs, posix_acl, tmpfile, rename_whiteout, rename_exchange, reflink, file_handles,
               casefold, whiteout_device, whiteout_xattr, opaque_directory, nested_xattr_escape,
               override_creds_option, new_mount_api, detached_mount, mount_log, statmount_query,
               selinux_context>;

} // namespace detail

/// Every question there is, in the order of the capabilities.
template <policies P>
[[nodiscard]] std::vector<question<P>> all_questions() {
    return detail::all_probes::questions<P>();
}

} // namespace ovl
