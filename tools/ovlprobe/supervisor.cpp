// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "supervisor.hpp"

#include "prober.hpp"
#include "progress.hpp"
#include "wire.hpp"

#include <ovl/core/unique_fd.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace ovlprobe {

namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

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
        for (int tries = 0; ::waitpid(pid_, nullptr, WNOHANG) == 0 && tries != 50; ++tries) {
            ::kill(pid_, SIGKILL);
            std::this_thread::sleep_for(1ms);
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

/// A report in which everything asked for is unknown for one reason.
ovl::report all_unknown(const arguments& wanted, ovl::reason because,
                        const std::optional<ovl::failure>& evidence = {}) {
    ovl::report about;
    for (const ovl::capability asked : wanted.asked)
        about.verdicts.push_back(ovl::give(asked, ovl::answer::unknown, because, evidence));
    return about;
}

class supervision {
  public:
    supervision(const arguments& wanted, const mode& as) : wanted_{wanted}, as_{as} {
        found_.where.rootless = as.rootless;
        for (const std::string& path : wanted.directories)
            found_.outcomes.push_back({.path = path});
    }

    findings run() {
        while (next_ != wanted_.directories.size() && !found_.where.refused.has_value())
            follow();
        if (found_.where.refused.has_value())
            explain_refusal();
        found_.where.kernel = ovl::read_kernel_facts();
        return std::move(found_);
    }

  private:
    /// Starts a prober and follows it to its end, or to the DIR on which it is given up.
    void follow() {
        const prober_process prober{wanted_, as_, next_};
        began_ = clock::now();
        while (next_ != wanted_.directories.size()) {
            if (!wait_for(prober.channel()))
                return settle(all_unknown(wanted_, ovl::reason::timed_out));
            const auto heard = wire::receive(prober.channel());
            if (!heard.has_value())
                return settle(all_unknown(wanted_, ovl::reason::probe_ended));
            if (!take(*heard))
                return;
        }
    }

    /// Whether something is to be heard before the time is up.
    bool wait_for(int channel) {
        pollfd watched{.fd = channel, .events = POLLIN, .revents = 0};
        for (;;) {
            const auto spent =
                std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began_);
            if (spent >= wanted_.timeout)
                return false;
            progress_.show(wanted_.directories[next_], spent);
            const auto wait = std::min<std::chrono::milliseconds>(wanted_.timeout - spent, 100ms);
            const int ready = ::poll(&watched, 1, static_cast<int>(wait.count()) + 1);
            if (ready > 0)
                return true;
            if (ready < 0 && errno != EINTR)
                throw std::system_error{errno, std::generic_category(), "poll"};
        }
    }

    /// Whether to go on.
    bool take(const wire::message& heard) {
        if (const auto* const ready = std::get_if<wire::ready>(&heard)) {
            found_.where.user_namespace = ready->user_namespace;
            found_.where.entered = as_.enter && !ready->refused.has_value();
            found_.where.refused = ready->refused;
            return !ready->refused.has_value();
        }
        if (std::holds_alternative<wire::began>(heard)) {
            began_ = clock::now();
            return true;
        }
        const auto& finished = std::get<wire::finished>(heard);
        found_.outcomes[next_].unusable = finished.unusable;
        settle(finished.report);
        return true;
    }

    void settle(ovl::report report) {
        progress_.clear();
        report.directory = wanted_.directories[next_];
        if (report.elapsed.count() == 0)
            report.elapsed =
                std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began_);
        found_.outcomes[next_++].report = std::move(report);
    }

    void explain_refusal() {
        const ovl::namespace_refusal& refused = *found_.where.refused;
        const ovl::failure evidence{.where = ovl::step::enter_namespace,
                                    .call = ovl::name(refused.stage),
                                    .error_number = refused.error_number,
                                    .subject = refused.evidence,
                                    .kernel_message = {},
                                    .explanation = {}};
        while (next_ != wanted_.directories.size())
            settle(all_unknown(wanted_, ovl::reason::namespace_refused, evidence));
    }

    const arguments& wanted_;
    const mode& as_;
    findings found_{};
    std::size_t next_ = 0;
    clock::time_point began_{};
    progress progress_{};
};

} // namespace

findings supervise(const arguments& wanted, const mode& as) {
    return supervision{wanted, as}.run();
}

} // namespace ovlprobe
