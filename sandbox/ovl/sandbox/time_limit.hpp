// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <ctime>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace ovl::sandbox {

/// Ends the program where a piece of work takes longer than it may.
///
/// A timer of the process raises a signal; its handler writes what was prepared and ends the
/// program, so that a test that hangs in a system call or a loop is ended as well. What such a test
/// started dies with it where it asked for that, as `run_in_child` does, or is in a PID namespace.
/// There can be one at a time in a process.
class time_limit {
  public:
    time_limit() {
        struct sigaction action {};
        action.sa_handler = &time_limit::end_program;
        ::sigaction(signal_number(), &action, nullptr);
        sigevent event{};
        event.sigev_notify = SIGEV_SIGNAL;
        event.sigev_signo = signal_number();
        armed_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
    }
    time_limit(const time_limit&) = delete;
    time_limit& operator=(const time_limit&) = delete;
    ~time_limit() {
        if (armed_)
            ::timer_delete(timer_);
        ::signal(signal_number(), SIG_DFL);
    }

    /// From now the work may take `limit`; at its end `errors` goes to standard error, `output` to
    /// standard output, and the program ends with `status`.
    void start(std::chrono::seconds limit, std::string errors, std::string output, int status) {
        std::fflush(nullptr); // what was said so far would not outlive the handler
        last_words() = {std::move(errors), std::move(output), status};
        set(limit);
    }
    /// The work is done.
    void stop() { set(std::chrono::seconds{0}); }

  private:
    struct words {
        std::string errors;
        std::string output;
        int status = 1;
    };

    static words& last_words() {
        static words prepared;
        return prepared;
    }
    /// SIGALRM stays free for what is tested.
    static int signal_number() { return SIGRTMAX - 1; }

    static void write_all(int fd, const std::string& text) {
        std::size_t done = 0;
        while (done < text.size()) {
            const ssize_t written = ::write(fd, text.data() + done, text.size() - done);
            if (written <= 0)
                return;
            done += static_cast<std::size_t>(written);
        }
    }

    static void end_program(int) {
        const words& prepared = last_words();
        write_all(STDERR_FILENO, prepared.errors);
        write_all(STDOUT_FILENO, prepared.output);
        ::syscall(SYS_exit_group, prepared.status);
    }

    void set(std::chrono::seconds limit) {
        itimerspec when{};
        when.it_value.tv_sec = limit.count();
        if (armed_)
            ::timer_settime(timer_, 0, &when, nullptr);
    }

    timer_t timer_{};
    bool armed_ = false;
};

} // namespace ovl::sandbox
