// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/kernel_calls.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstddef>
#include <linux/mount.h>
#include <linux/openat2.h>

// What the headers of this system know must be what we say.
namespace kernel = ovl::detail;
static_assert(kernel::sys_open_tree == SYS_open_tree && kernel::sys_move_mount == SYS_move_mount &&
              kernel::sys_fsopen == SYS_fsopen && kernel::sys_fsconfig == SYS_fsconfig &&
              kernel::sys_fsmount == SYS_fsmount && kernel::sys_openat2 == SYS_openat2);
#ifdef SYS_mount_setattr
static_assert(kernel::sys_mount_setattr == SYS_mount_setattr);
#endif
#ifdef SYS_fchmodat2
static_assert(kernel::sys_fchmodat2 == SYS_fchmodat2);
#endif
#ifdef SYS_statmount
static_assert(kernel::sys_statmount == SYS_statmount);
#endif
static_assert(kernel::fsopen_cloexec == FSOPEN_CLOEXEC &&
              kernel::fsmount_cloexec == FSMOUNT_CLOEXEC &&
              kernel::move_mount_from_empty_path == MOVE_MOUNT_F_EMPTY_PATH &&
              kernel::move_mount_to_empty_path == MOVE_MOUNT_T_EMPTY_PATH &&
              kernel::open_tree_clone == OPEN_TREE_CLONE && kernel::at_recursive == AT_RECURSIVE &&
              kernel::at_empty_path == AT_EMPTY_PATH);
static_assert(kernel::mount_attribute_read_only == MOUNT_ATTR_RDONLY &&
              kernel::mount_attribute_nosuid == MOUNT_ATTR_NOSUID &&
              kernel::mount_attribute_nodev == MOUNT_ATTR_NODEV &&
              kernel::mount_attribute_noexec == MOUNT_ATTR_NOEXEC &&
              kernel::mount_attribute_noatime == MOUNT_ATTR_NOATIME &&
              kernel::mount_attribute_strictatime == MOUNT_ATTR_STRICTATIME &&
              kernel::mount_attribute_atime_mask == MOUNT_ATTR__ATIME &&
              kernel::mount_attribute_nodiratime == MOUNT_ATTR_NODIRATIME);
#ifdef MOUNT_ATTR_IDMAP
static_assert(kernel::mount_attr_idmap == MOUNT_ATTR_IDMAP);
static_assert(sizeof(kernel::mount_attr) == MOUNT_ATTR_SIZE_VER0);
#endif
#ifdef MOUNT_ATTR_NOSYMFOLLOW
static_assert(kernel::mount_attribute_nosymfollow == MOUNT_ATTR_NOSYMFOLLOW);
#endif
static_assert(static_cast<unsigned>(kernel::fsconfig_command::set_flag) == FSCONFIG_SET_FLAG &&
              static_cast<unsigned>(kernel::fsconfig_command::set_string) == FSCONFIG_SET_STRING &&
              static_cast<unsigned>(kernel::fsconfig_command::set_fd) == FSCONFIG_SET_FD &&
              static_cast<unsigned>(kernel::fsconfig_command::create) == FSCONFIG_CMD_CREATE);
static_assert(kernel::resolve_beneath == RESOLVE_BENEATH &&
              kernel::resolve_no_xdev == RESOLVE_NO_XDEV &&
              kernel::resolve_no_symlinks == RESOLVE_NO_SYMLINKS &&
              sizeof(kernel::open_how) == sizeof(::open_how));
#ifdef STATMOUNT_OPT_ARRAY
static_assert(kernel::statmount_opt_array == STATMOUNT_OPT_ARRAY &&
              kernel::statmount_opt_num_at == offsetof(::statmount, opt_num) &&
              kernel::statmount_opt_array_at == offsetof(::statmount, opt_array) &&
              kernel::statmount_strings_at == offsetof(::statmount, str));
#endif

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(kernel_calls)

// The number is right where the kernel looks at the arguments: ENOSYS would be no such call.
BOOST_AUTO_TEST_CASE(each_call_reaches_the_kernel_or_is_not_there) {
    const auto refused = [](int returned, int expected) {
        const int error = errno;
        BOOST_TEST(returned == -1);
        BOOST_TEST((error == expected || error == ENOSYS || error == EPERM), error);
    };
    refused(kernel::fsopen(nullptr, 0), EFAULT);
    refused(kernel::fsconfig(-1, kernel::fsconfig_command::create, nullptr, nullptr, 0), EINVAL);
    refused(kernel::fsmount(-1, 0, 0), EBADF);
    refused(kernel::open_tree(-1, "x", 0), EBADF);
    refused(kernel::fchmodat2(-1, "x", 0, 0), EBADF);
    refused(kernel::openat2(-1, "x", {}), EBADF);
    refused(kernel::openat2(AT_FDCWD, "/", {.flags = 0, .mode = 07777, .resolve = 0}), EINVAL);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
