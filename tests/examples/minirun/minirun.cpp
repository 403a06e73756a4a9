// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// A small container runtime: minirun IMAGE STATE COMMAND [ARGUMENT...]
//
// IMAGE holds the layers' directories; the one whose name sorts last lies on top. STATE is a
// directory where what the container changes is kept, in `upper`. Linked against ovl::rootless it
// needs no privilege: it enters a user namespace; against ovl::ovl it wants to be root.

#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/mount/overlay_mount.hpp>
#include <ovl/policies.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr bool rootless = ovl::default_policies::xattr_class::userxattr;
constexpr int could_not_run = 125;

[[noreturn]] void stop(const std::string& why) {
    std::fprintf(stderr, "minirun: %s\n", why.c_str());
    std::exit(could_not_run);
}

[[noreturn]] void stop(const ovl::failure& what) {
    stop(std::string{what.call} + ": " + what.subject + ": " +
         ovl::detail::errno_name(what.error_number) +
         (what.explanation.empty() ? "" : ": " + what.explanation));
}

/// Namespaces of its own: mounts, processes, and where it is rootless, users.
void enter_namespaces() {
    if constexpr (rootless) {
        if (const auto refusal = ovl::enter_user_namespace())
            stop(refusal->line());
    } else {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            stop(ovl::last_failure("unshare"));
    }
    if (::unshare(CLONE_NEWPID) != 0)
        stop(ovl::last_failure("unshare"));
}

/// The layers of an image, the topmost first.
std::vector<ovl::layer_source> layers_of(const std::string& image) {
    DIR* const opened = ::opendir(image.c_str());
    if (opened == nullptr)
        stop(ovl::last_failure("opendir").on(image));
    std::vector<std::string> names;
    while (const dirent* const entry = ::readdir(opened))
        if (entry->d_name[0] != '.')
            names.emplace_back(entry->d_name);
    ::closedir(opened);
    std::sort(names.rbegin(), names.rend());
    std::vector<ovl::layer_source> layers;
    for (const std::string& name : names)
        layers.emplace_back(image + "/" + name);
    return layers;
}

std::string made_directory(std::string path) {
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST)
        stop(ovl::last_failure("mkdir").on(path));
    return path;
}

/// The image's layers with one to write to above them, as one tree.
ovl::overlay_mount<> mount_image(const std::string& image, const std::string& state) {
    auto made = ovl::overlay_mount<>::make({.lowerdir = layers_of(image),
                                            .upperdir = made_directory(state + "/upper"),
                                            .workdir = made_directory(state + "/work")});
    if (!made.has_value())
        stop(made.error());
    for (const ovl::option_difference& each : made.value().requested_but_not_effective())
        stop("wanted " + each.option + " " + each.requested + ", got " + each.effective);
    return std::move(made.value());
}

/// Makes the mount the root of everything, and lets go of what was. It is attached over the image,
/// where nobody outside sees it.
void enter_root(ovl::overlay_mount<> root, const std::string& image) {
    if (const auto attached = root.attach(image); !attached.has_value())
        stop(attached.error());
    if (::fchdir(root.root()) != 0)
        stop(ovl::last_failure("fchdir"));
    // Put on top of the new root, the old one is what "." leads to (pivot_root(2)).
    if (::syscall(SYS_pivot_root, ".", ".") != 0)
        stop(ovl::last_failure("pivot_root"));
    if (::umount2(".", MNT_DETACH) != 0 || ::chdir("/") != 0)
        stop(ovl::last_failure("umount2"));
    root.release().reset();
}

/// Runs a command as the first process of the PID namespace, and gives its exit status.
template <class Command>
int status_of(Command command) {
    const pid_t child = ::fork();
    if (child < 0)
        stop(ovl::last_failure("fork"));
    if (child == 0)
        command();
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 4)
        stop("usage: minirun IMAGE STATE COMMAND [ARGUMENT...]");
    const std::string image = argv[1];
    const std::string state = argv[2];
    enter_namespaces();
    return status_of([&] {
        enter_root(mount_image(image, state), image);
        static_cast<void>(
            ::mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr));
        ::setenv("PATH", "/bin:/sbin:/usr/bin:/usr/sbin", 1);
        ::execvp(argv[3], argv + 3);
        stop(ovl::last_failure("execvp").on(argv[3]));
    });
}
