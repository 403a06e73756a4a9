// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "pair_by_hand.hpp"

#include <ovl/detail/kernel_calls.hpp>

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <initializer_list>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace {

int open_within(int at, const char* name) {
    return ovl::detail::openat2(at, name,
                                {.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                                 .mode = 0,
                                 .resolve = ovl::detail::resolve_no_xdev |
                                            ovl::detail::resolve_no_symlinks |
                                            ovl::detail::resolve_beneath});
}

/// Opens the shared parent and a child in it; the descriptors are left in `parent` and `child`.
void make_scratch(int base, char* parent_name, char* child_name, int& parent, int& child) {
    struct stat found {};
    std::snprintf(parent_name, 32, ".ovl-probe-%u", ::geteuid());
    ::mkdirat(base, parent_name, 01700);
    parent = open_within(base, parent_name);
    ::fstatat(parent, "", &found, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
    unsigned long long drawn = 0;
    static_cast<void>(::getrandom(&drawn, sizeof drawn, 0));
    std::snprintf(child_name, 32, "ovl-scratch-%016llx", drawn);
    ::mkdirat(parent, child_name, 01700);
    child = open_within(parent, child_name);
    ::flock(child, LOCK_EX | LOCK_NB);
    ::fstatat(parent, child_name, &found, AT_SYMLINK_NOFOLLOW);
}

void make_layers(int child, const char* opaque) {
    for (const char* name :
         {"lower1", "lower2", "upper", "work", "lower1/native-diff.d", "lower1/native-diff.d1"})
        ::mkdirat(child, name, 0755);
    ::mknodat(child, "lower1/native-diff.f", S_IFREG | 0700, 0);
    ::mkdirat(child, "lower2/native-diff.d", 0755);
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d/lower2/native-diff.d", child);
    ::lsetxattr(path, opaque, "y", 1, 0);
    ::mknodat(child, "lower1/metacopy-active.f", S_IFREG | 0700, 0);
}

int mount_layers(int child, int userxattr) {
    using ovl::detail::fsconfig_command;
    const int context = ovl::detail::fsopen("overlay", ovl::detail::fsopen_cloexec);
    char value[128];
    std::snprintf(value, sizeof value, "/proc/self/fd/%d/lower2:/proc/self/fd/%d/lower1", child,
                  child);
    ovl::detail::fsconfig(context, fsconfig_command::set_string, "lowerdir", value, 0);
    std::snprintf(value, sizeof value, "/proc/self/fd/%d/upper", child);
    ovl::detail::fsconfig(context, fsconfig_command::set_string, "upperdir", value, 0);
    std::snprintf(value, sizeof value, "/proc/self/fd/%d/work", child);
    ovl::detail::fsconfig(context, fsconfig_command::set_string, "workdir", value, 0);
    if (userxattr != 0)
        ovl::detail::fsconfig(context, fsconfig_command::set_flag, "userxattr", nullptr, 0);
    ovl::detail::fsconfig(context, fsconfig_command::set_flag, "volatile", nullptr, 0);
    ovl::detail::fsconfig(context, fsconfig_command::create, nullptr, nullptr, 0);
    const int root = ovl::detail::fsmount(context, ovl::detail::fsmount_cloexec, 0);
    ::close(context);
    return root;
}

/// Whether both checks came out as they do where neither redirect_dir nor metacopy is on.
bool act(int child, int root, const char* opaque, const char* metacopy) {
    constexpr long fchmodat2 = 452;
    char path[64];
    char value[64];
    ::mknodat(root, "native-diff.d/f", S_IFREG | 0644, 0);
    std::snprintf(path, sizeof path, "/proc/self/fd/%d/upper/native-diff.d", child);
    const bool no_opaque = ::lgetxattr(path, opaque, value, sizeof value) < 0 && errno == ENODATA;
    const bool refused =
        ::syscall(SYS_renameat2, root, "native-diff.d1", root, "native-diff.d2", 0) != 0 &&
        errno == EXDEV;
    ::syscall(fchmodat2, root, "metacopy-active.f", 0600, AT_SYMLINK_NOFOLLOW);
    std::snprintf(path, sizeof path, "/proc/self/fd/%d/upper/metacopy-active.f", child);
    const bool no_metacopy =
        ::lgetxattr(path, metacopy, value, sizeof value) < 0 && errno == ENODATA;
    ::close(root);
    return no_opaque && refused && no_metacopy;
}

void remove_entries(int child) {
    ::unlinkat(child, "upper/metacopy-active.f", 0);
    ::unlinkat(child, "upper/native-diff.d/f", 0);
    ::unlinkat(child, "upper/native-diff.d", AT_REMOVEDIR);
    ::unlinkat(child, "work/work/incompat/volatile/dirty", 0);
    for (const char* name : {"work/work/incompat/volatile", "work/work/incompat", "work/work"})
        ::unlinkat(child, name, AT_REMOVEDIR);
    ::unlinkat(child, "lower1/metacopy-active.f", 0);
    ::unlinkat(child, "lower2/native-diff.d", AT_REMOVEDIR);
    ::unlinkat(child, "lower1/native-diff.f", 0);
    for (const char* name :
         {"lower1/native-diff.d1", "lower1/native-diff.d", "work", "upper", "lower2", "lower1"})
        ::unlinkat(child, name, AT_REMOVEDIR);
}

} // namespace

int pair_by_hand(const char* directory, const char* opaque, const char* metacopy, int userxattr) {
    struct statfs filesystem {};
    struct stat found {};
    char parent_name[32];
    char child_name[32];
    int parent = -1;
    int child = -1;
    const int base = ::openat(AT_FDCWD, directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    ::fstatfs(base, &filesystem);
    if (userxattr == 0)
        ::stat("/proc/self/ns/user", &found);
    make_scratch(base, parent_name, child_name, parent, child);
    make_layers(child, opaque);
    const int root = mount_layers(child, userxattr);
    const bool made = act(child, root, opaque, metacopy);
    remove_entries(child);
    ::unlinkat(parent, child_name, AT_REMOVEDIR);
    const bool removed = ::unlinkat(base, parent_name, AT_REMOVEDIR) == 0;
    ::close(child);
    ::close(parent);
    ::close(base);
    return made && removed ? 0 : -1;
}
