// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "fuse_overlayfs.hpp"

#include "process_end.hpp"

#include <ovl/core/unique_fd.hpp>
#include <ovl/mount/private_namespace.hpp>
#include <ovl/policy/posix_fs.hpp>
#include <ovl/scratch/scratch_dir.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ovlprobe {

namespace {

using ovl::answer;
using ovl::reason;

constexpr auto asked = ovl::capability::fuse_overlayfs;
constexpr std::array program_paths{"/usr/bin/fuse-overlayfs", "/bin/fuse-overlayfs",
                                   "/usr/local/bin/fuse-overlayfs"};

const char* installed_program() {
    for (const char* const path : program_paths)
        if (::access(path, X_OK) == 0)
            return path;
    return nullptr;
}

ovl::failure failed(ovl::step where, std::string_view call, std::string subject) {
    return {.where = where, .call = call, .error_number = errno, .subject = std::move(subject)};
}

/// The program at work in the foreground, below a scratch directory; ended with this.
class daemon {
  public:
    daemon(const char* program, int scratch) {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            return;
        words_.reset(ends[0]);
        const ovl::unique_fd theirs{ends[1]};
        pid_ = ::fork();
        if (pid_ == 0)
            become(program, scratch, theirs.get());
        if (pid_ > 0)
            end_ = end_of(pid_);
    }
    daemon(const daemon&) = delete;
    daemon& operator=(const daemon&) = delete;
    ~daemon() {
        if (pid_ < 0)
            return;
        ::kill(pid_, SIGKILL);
        if (!ended_)
            ::waitpid(pid_, nullptr, 0);
    }

    [[nodiscard]] bool started() const { return pid_ > 0; }
    [[nodiscard]] bool has_ended() {
        ended_ = ended_ || ::waitpid(pid_, nullptr, WNOHANG) == pid_;
        return ended_;
    }
    /// Readable once it has ended; none before Linux 5.3.
    [[nodiscard]] int end() const { return end_.get(); }
    /// What it said on standard error; to be asked once it has ended.
    [[nodiscard]] std::string words() const {
        char text[512];
        const ssize_t length = ::read(words_.get(), text, sizeof text);
        std::string said{text, length > 0 ? static_cast<std::size_t>(length) : 0};
        while (!said.empty() && said.back() == '\n')
            said.pop_back();
        return said;
    }

  private:
    [[noreturn]] static void become(const char* program, int scratch, int words) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
        if (::dup2(words, STDERR_FILENO) >= 0 && ::fchdir(scratch) == 0)
            ::execl(program, program, "-f", "-o", "lowerdir=lower,upperdir=upper,workdir=work",
                    "merged", nullptr);
        ::_exit(127);
    }

    ovl::unique_fd words_;
    ovl::unique_fd end_;
    pid_t pid_ = -1;
    bool ended_ = false;
};

/// Waits until something is mounted on `merged`; false where the program ends, or takes too long.
bool wait_for_mount(daemon& program, int scratch) {
    struct stat below {};
    struct stat merged {};
    if (::fstat(scratch, &below) != 0)
        return false;
    // Tells of every change of this namespace's mounts since it was opened (proc(5), mountinfo).
    const ovl::unique_fd mounts{::open("/proc/thread-self/mountinfo", O_RDONLY | O_CLOEXEC)};
    std::array watched{pollfd{.fd = mounts.get(), .events = POLLPRI, .revents = 0},
                       pollfd{.fd = program.end(), .events = POLLIN, .revents = 0}};
    const bool both = mounts && program.end() >= 0;
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{5};
    while (!program.has_ended()) {
        if (::fstatat(scratch, "merged", &merged, 0) == 0 && merged.st_dev != below.st_dev)
            return true;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        if (left.count() <= 0)
            return false;
        const auto wait = both ? left : std::min(left, std::chrono::milliseconds{2});
        ::poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
    }
    return false;
}

/// Changes a lower file in the merged view, and looks for it in the upper layer.
ovl::verdict copy_up(int scratch) {
    struct stat found {};
    if (::fchmodat(scratch, "merged/file", 0600, 0) != 0)
        return ovl::give(asked, answer::no, reason::fuse_overlayfs_failed,
                         failed(ovl::step::act, "fchmodat", "merged/file"));
    if (::fstatat(scratch, "upper/file", &found, AT_SYMLINK_NOFOLLOW) != 0)
        return ovl::give(asked, answer::no, reason::fuse_overlayfs_failed,
                         failed(ovl::step::observe, "fstatat", "upper/file"));
    return ovl::give(asked, answer::yes, reason::fuse_overlayfs_works);
}

ovl::verdict mount_and_copy_up(const char* path, int scratch) {
    daemon program{path, scratch};
    if (!program.started())
        return ovl::give(asked, answer::unknown, reason::out_of_resources,
                         failed(ovl::step::mount, "fork", path));
    if (!wait_for_mount(program, scratch)) {
        ovl::failure what{.where = ovl::step::mount, .call = "execve", .subject = path};
        if (program.has_ended())
            what.explanation = program.words();
        return ovl::give(asked, answer::no, reason::fuse_overlayfs_failed, std::move(what));
    }
    return copy_up(scratch);
}

/// The layers, and a file in the lower one.
ovl::result<void> build(const ovl::posix_fs& fs, int scratch) {
    for (const char* const layer : {"lower", "upper", "work", "merged"})
        if (auto made = fs.make_directory(scratch, layer, 0755); !made.has_value())
            return ovl::fail(std::move(made.error()).at(ovl::step::build_layers).on(layer));
    return fs.make_node(scratch, "lower/file", S_IFREG | 0644);
}

} // namespace

ovl::verdict try_fuse_overlayfs(const ovl::directory& where) {
    const char* const program = installed_program();
    if (program == nullptr)
        return ovl::give(asked, answer::no, reason::fuse_overlayfs_missing);
    if (::access("/dev/fuse", R_OK | W_OK) != 0)
        return ovl::give(asked, answer::no, reason::fuse_device_closed,
                         failed(ovl::step::read_facts, "access", "/dev/fuse"));
    ovl::verdict found = ovl::give(asked, answer::unknown, reason::step_failed);
    // The mount needs a directory of its own mount namespace, so all is opened inside.
    const auto entered = ovl::in_private_mount_namespace([&] {
        const ovl::posix_fs fs;
        const auto opened = where.reopen();
        if (!opened.has_value()) {
            found = ovl::could_not(asked, opened.error(), {});
            return;
        }
        const auto filesystem = ovl::read_backing_filesystem(fs, opened.value().get());
        const auto below = filesystem.has_value() ? filesystem.value() : ovl::backing_filesystem{};
        const auto scratch = ovl::scratch_dir<ovl::posix_fs>::create(fs, opened.value().get());
        if (!scratch.has_value()) {
            found = ovl::could_not(asked, scratch.error(), below);
            return;
        }
        const auto built = build(fs, scratch.value().fd());
        found = built.has_value() ? mount_and_copy_up(program, scratch.value().fd())
                                  : ovl::could_not(asked, built.error(), below);
        ::umount2(("/proc/self/fd/" + std::to_string(scratch.value().fd()) + "/merged").c_str(),
                  MNT_DETACH | UMOUNT_NOFOLLOW);
    });
    if (!entered.has_value())
        return ovl::could_not(asked, entered.error(), {});
    return found;
}

} // namespace ovlprobe
