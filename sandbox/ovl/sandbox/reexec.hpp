// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/environment/namespace_classifier.hpp>
#include <ovl/environment/namespace_stages.hpp>
#include <ovl/sandbox/id_range.hpp>
#include <ovl/sandbox/inner.hpp>
#include <ovl/sandbox/level.hpp>
#include <ovl/sandbox/marker.hpp>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <tl/expected.hpp>
#include <unistd.h>
#include <utility>

namespace ovl::sandbox {

namespace detail {

/// The directory that the sandbox's tmpfs covers: empty, the caller's, and removed in the end.
class mount_point {
  public:
    mount_point() {
        const char* const parent = std::getenv("TMPDIR");
        path_ = std::string{parent != nullptr && *parent == '/' ? parent : "/tmp"} +
                "/ovl-sandbox-XXXXXX";
        if (::mkdtemp(path_.data()) == nullptr)
            error_number_ = errno;
    }
    mount_point(const mount_point&) = delete;
    mount_point& operator=(const mount_point&) = delete;
    ~mount_point() {
        if (error_number_ == 0)
            ::rmdir(path_.c_str());
    }
    [[nodiscard]] int error_number() const noexcept { return error_number_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    std::string path_;
    int error_number_ = 0;
};

[[nodiscard]] inline bool is_true_root(const namespace_facts& facts) noexcept {
    return facts.privileged && facts.nesting == 0u;
}

[[nodiscard]] inline bool makes_user_namespace(level wanted, const namespace_facts& facts) {
    return wanted == level::old_kernel ? !is_true_root(facts) : wanted != level::root;
}

/// The maps of the child, written from outside of its namespace.
[[nodiscard]] inline std::optional<range_stop> write_maps(level wanted, pid_t child) {
    if (wanted == level::userns_range)
        return write_range_maps(child);
    const id_map map = wanted == level::userns_self ? id_map::to_itself() : id_map::to_root();
    if (auto stop = write_id_maps(std::to_string(child), map))
        return range_stop{*stop, std::nullopt};
    return std::nullopt;
}

/// How the child ended, or what stopped it before the program began.
[[nodiscard]] inline message await_end(int channel, pid_t child) {
    message told;
    const ssize_t got = ovl::detail::retry([&] { return ::read(channel, &told, sizeof told); });
    int status = 0;
    while (::waitpid(child, &status, __WALL) < 0 && errno == EINTR)
        ;
    if (got != sizeof told)
        told = {{}, status};
    return told;
}

[[nodiscard]] inline namespace_refusal refused(const range_stop& stopped,
                                               const namespace_facts& facts) {
    namespace_refusal why = classify(stopped.stop.stage, stopped.stop.error_number, facts);
    if (stopped.cause) {
        why.cause = *stopped.cause;
        why.fix = text_of(*stopped.cause).fix;
    }
    return why;
}

} // namespace detail

/// Runs the calling program anew, from /proc/self/exe with `arguments`, at `wanted`, and waits for
/// its end: the wait status of waitpid(2), or the stage that was refused and why.
///
/// The new process finds its level by `take_marker`, and a private tmpfs, empty, in TMPDIR; or
/// where OVL_SANDBOX_SCRATCH names a directory (on a kernel whose tmpfs cannot hold what is tested,
/// say), that directory. It dies with the caller. Needs a single thread and proc at /proc; `root` needs CAP_SYS_ADMIN in
/// the initial user namespace, every other level none.
// NOLINTNEXTLINE(readability-function-size): one act from the clone to the exit status; its parts share every descriptor.
[[nodiscard]] inline tl::expected<int, namespace_refusal> reexecute(level wanted,
                                                                    char** arguments) {
    const namespace_facts facts = read_namespace_facts();
    const auto stopped_at = [&](namespace_stage stage, int error_number,
                                std::optional<namespace_cause> cause = std::nullopt) {
        return tl::unexpected{detail::refused({{stage, error_number}, cause}, facts)};
    };
    if (wanted == level::root && !detail::is_true_root(facts))
        return stopped_at(namespace_stage::mount_namespace, EPERM, namespace_cause::not_root);
    const detail::mount_point tmpfs;
    int ends[2];
    if (tmpfs.error_number() != 0)
        return stopped_at(namespace_stage::tmpfs, tmpfs.error_number());
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return stopped_at(namespace_stage::clone, errno);
    unique_fd ours{ends[0]};
    unique_fd theirs{ends[1]};
    const char* const scratch = std::getenv(detail::scratch_variable);
    const detail::plan plan{.wanted = wanted,
                            .tmpfs_directory = tmpfs.path(),
                            .scratch_directory = scratch != nullptr ? scratch : "",
                            .mark = {wanted, 0, detail::inode_of("/proc/self/ns/user"),
                                     detail::inode_of("/proc/self/ns/mnt")},
                            .arguments = arguments,
                            .channel = theirs.get()};
    std::fflush(nullptr);
    ::signal(SIGCHLD, SIG_DFL);
    const bool maps = detail::makes_user_namespace(wanted, facts);
    cloned_child child;
    {
        const signals_blocked quiet;
        child = clone_child(maps ? CLONE_NEWUSER : 0);
        if (child.pid == 0) {
            ours.reset();
            detail::live_inside(plan, quiet);
        }
    }
    if (child.pid < 0)
        return stopped_at(namespace_stage::clone, errno);
    theirs.reset();
    const auto unmapped = maps ? detail::write_maps(wanted, child.pid) : std::nullopt;
    if (!unmapped)
        static_cast<void>(::send(ours.get(), "", 1, MSG_NOSIGNAL));
    else
        ours.reset();
    const detail::message end = detail::await_end(ours.get(), child.pid);
    if (unmapped)
        return tl::unexpected{detail::refused(*unmapped, facts)};
    if (end.stop.error_number != 0)
        return stopped_at(end.stop.stage, end.stop.error_number);
    return end.wait_status;
}

/// Ends the calling process as another one ended: with its exit status, or by its signal and
/// without a second core file.
[[noreturn]] inline void mirror(int wait_status) {
    std::fflush(nullptr);
    if (WIFEXITED(wait_status))
        ::_exit(WEXITSTATUS(wait_status));
    const int number = WTERMSIG(wait_status);
    const rlimit no_core{0, 0};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::signal(number, SIG_DFL);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, number);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    ::raise(number);
    ::_exit(128 + number);
}

/// The level for whoever runs it: `root` for root in the initial user namespace, else `userns`.
[[nodiscard]] inline level default_level() {
    return detail::is_true_root(read_namespace_facts()) ? level::root : level::userns;
}

/// Puts the calling program into the sandbox; call it first thing in main, with argv.
///
///     int main(int argc, char** argv) {
///         if (auto refusal = ovl::sandbox::enter(ovl::sandbox::level::userns, argv))
///             return std::fprintf(stderr, "no sandbox: %s\n", refusal->line().c_str()), 77;
///         ...                       // root in namespaces of its own; TMPDIR is a private tmpfs
///     }
///
/// Returns none inside of the sandbox. Outside of it does not return but ends as the inner process
/// ended, unless the sandbox is refused: then returns why, and the program may go on outside.
[[nodiscard]] inline std::optional<namespace_refusal> enter(level wanted, char** arguments) {
    if (take_marker())
        return std::nullopt;
    const auto ended = reexecute(wanted, arguments);
    if (ended.has_value())
        mirror(ended.value());
    return ended.error();
}

} // namespace ovl::sandbox
