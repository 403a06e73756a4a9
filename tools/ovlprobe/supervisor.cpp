// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "supervisor.hpp"

#include "prober.hpp"
#include "process_end.hpp"
#include "progress.hpp"
#include "wire.hpp"

#include <ovl/core/unique_fd.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <range/v3/algorithm/find.hpp>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace ovlprobe {

namespace {

using clock = std::chrono::steady_clock;

/// The probing process, and the channel it tells through.
class prober_process {
  public:
    prober_process(const arguments& wanted, const mode& as, std::size_t first) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
            throw std::system_error{errno, std::generic_category(), "socketpair"};
        channel_.reset(ends[0]);
        ovl::unique_fd theirs{ends[1]};
        const pid_t supervisor = ::getpid();
        pid_ = ::fork();
        if (pid_ < 0)
            throw std::system_error{errno, std::generic_category(), "fork"};
        if (pid_ == 0) {
            channel_.reset();
            leave_standard_streams();
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (::getppid() == supervisor)
                probe_directories(wanted, as, first, theirs.get());
            ::_exit(0);
        }
    }
    prober_process(const prober_process&) = delete;
    prober_process& operator=(const prober_process&) = delete;

    /// Ends it. One that hangs in the kernel cannot be waited for; it goes when the kernel lets it.
    ~prober_process() {
        channel_.reset();
        const ovl::unique_fd end = end_of(pid_);
        pollfd watched{.fd = end.get(), .events = POLLIN, .revents = 0};
        for (int tries = 0; ::waitpid(pid_, nullptr, WNOHANG) == 0 && tries != 50; ++tries) {
            ::kill(pid_, SIGKILL);
            ::poll(&watched, 1, 1);
        }
    }

    [[nodiscard]] int channel() const { return channel_.get(); }

  private:
    /// Whoever reads this program's output must not wait for a process that hangs.
    static void leave_standard_streams() {
        const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            ::dup2(null, stream);
        ::close(null);
    }

    ovl::unique_fd channel_;
    pid_t pid_ = -1;
};

class supervision {
  public:
    supervision(const arguments& wanted, const mode& as) : wanted_{wanted}, as_{as} {
        found_.where.rootless = as.rootless;
        for (const std::string& path : wanted.directories)
            found_.outcomes.push_back({.path = path});
    }

    findings run() {
        while (next_ != wanted_.directories.size())
            follow();
        if (found_.where.refused.has_value())
            explain_refusal(*found_.where.refused);
        found_.where.kernel = ovl::read_kernel_facts();
        return std::move(found_);
    }

  private:
    /// Starts a prober and follows it to its end, or to the DIR on which it is given up.
    void follow() {
        const prober_process prober{wanted_, as_, next_};
        began_ = last_heard_ = clock::now();
        while (next_ != wanted_.directories.size()) {
            if (!wait_for(prober.channel()))
                return cut_short(ovl::reason::timed_out);
            const auto heard = wire::receive(prober.channel());
            if (!heard.has_value())
                return cut_short(ovl::reason::probe_ended);
            last_heard_ = clock::now();
            if (!std::visit([&](const auto& message) { return take(message); }, *heard))
                return;
        }
    }

    /// Whether something is to be heard before the time is up.
    bool wait_for(int channel) {
        pollfd watched{.fd = channel, .events = POLLIN, .revents = 0};
        for (;;) {
            const auto now = clock::now();
            const auto spent = std::chrono::duration_cast<std::chrono::milliseconds>(now - began_);
            if (spent >= wanted_.timeout)
                return false;
            if (now - last_heard_ >= std::chrono::milliseconds{500})
                progress_.show(wanted_.directories[next_], spent);
            const auto wait = std::min<std::chrono::milliseconds>(wanted_.timeout - spent,
                                                                  std::chrono::milliseconds{100});
            const int ready = ::poll(&watched, 1, static_cast<int>(wait.count()) + 1);
            if (ready > 0)
                return true;
            if (ready < 0 && errno != EINTR)
                throw std::system_error{errno, std::generic_category(), "poll"};
        }
    }

    /// Whether to go on listening. Without a namespace to mount in, the next prober asks what can
    /// be told without a mount.
    bool take(const wire::ready& ready) {
        found_.where.user_namespace = ready.user_namespace;
        found_.where.entered = as_.enter && !ready.refused.has_value();
        if (!ready.refused.has_value())
            return true;
        found_.where.refused = ready.refused;
        as_.enter = false;
        wanted_.no_mount = true;
        return false;
    }
    bool take(const wire::began&) {
        began_ = clock::now();
        return true;
    }
    bool take(const wire::answered& answered) {
        answers_.push_back(answered.verdict);
        return true;
    }
    bool take(const wire::finished& finished) {
        found_.outcomes[next_].unusable = finished.unusable;
        settle(finished.report);
        return true;
    }

    /// The answers so far stand; the others are unknown for one reason.
    void cut_short(ovl::reason because) {
        ovl::report about;
        about.elapsed_microseconds =
            std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began_).count();
        for (const ovl::capability asked : wanted_.asked) {
            const auto known = ranges::find(answers_, asked, &ovl::verdict::asked);
            about.verdicts.push_back(
                known != answers_.end() ? *known : ovl::give(asked, ovl::answer::unknown, because));
        }
        settle(std::move(about));
    }

    void settle(ovl::report report) {
        progress_.clear();
        answers_.clear();
        report.directory = wanted_.directories[next_];
        found_.outcomes[next_++].report = std::move(report);
    }

    /// It was not the caller who ruled mounts out.
    void explain_refusal(const ovl::namespace_refusal& refused) {
        std::string explanation{refused.sentence()};
        if (!refused.fix.empty())
            explanation += "; fix: " + refused.fix;
        const ovl::failure evidence{.where = ovl::step::enter_namespace,
                                    .call = ovl::name(refused.stage),
                                    .error_number = refused.error_number,
                                    .subject = refused.evidence,
                                    .kernel_message = {},
                                    .explanation = explanation};
        for (outcome& of : found_.outcomes)
            for (ovl::verdict& v : of.report.verdicts)
                if (v.because == ovl::reason::mounting_ruled_out)
                    v = ovl::give(v.asked, ovl::answer::unknown, ovl::reason::namespace_refused,
                                  evidence);
    }

    arguments wanted_;
    mode as_;
    findings found_{};
    std::size_t next_ = 0;
    /// About the DIR that is on.
    std::vector<ovl::verdict> answers_{};
    clock::time_point began_{};
    clock::time_point last_heard_{};
    progress progress_{};
};

} // namespace

findings supervise(const arguments& wanted, const mode& as) {
    return supervision{wanted, as}.run();
}

} // namespace ovlprobe
