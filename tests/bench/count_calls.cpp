// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-bench-calls DIRECTORY MOST
//
// Counts the system calls of the pair of checks in a process that has made it once, on a tmpfs on DIRECTORY that
// only it sees. Prints the number of the library's and of those by hand; exits 1 where the library's is above MOST,
// 77 where nothing can be mounted here.

#include "ask.hpp"
#include "place.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

void stop_itself() {
    ::syscall(SYS_kill, ::getpid(), SIGSTOP);
}

/// What the traced child does: what is counted lies between the first and the second stop.
[[noreturn]] void act(bool (*ask)(const std::string&), const std::string& directory) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    const bool warm = ask(directory);
    stop_itself();
    const bool told = ask(directory);
    stop_itself();
    ::_exit(warm && told ? 0 : 1);
}

/// Negative where they could not be counted.
int count_calls(bool (*ask)(const std::string&), const std::string& directory) {
    const pid_t child = ::fork();
    if (child == 0)
        act(ask, directory);
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || !WIFSTOPPED(status))
        return -1;
    ::ptrace(PTRACE_SETOPTIONS, child, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    constexpr int at_call = SIGTRAP | 0x80;
    int stops = 0;
    while (::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) == 0 &&
           ::waitpid(child, &status, 0) == child && WIFSTOPPED(status) &&
           WSTOPSIG(status) == at_call)
        ++stops;
    const bool stopped_again = WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP;
    ::ptrace(PTRACE_CONT, child, nullptr, nullptr);
    const bool told =
        ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    // A call stops twice. The first stop of all is the end of the first kill; the last ones are the second
    // stop's getpid and the two of its kill, of which SIGSTOP comes before the end.
    constexpr int stops_of_stopping = 1 + 2 + 1;
    return stopped_again && told ? (stops - stops_of_stopping) / 2 : -1;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: ovl-bench-calls DIRECTORY MOST\n");
        return 2;
    }
    const std::string directory = argv[1];
    const bool rootless = ::geteuid() != 0;
    if (const std::string refused = ovl_bench::mount_place("tmpfs", directory, rootless);
        !refused.empty()) {
        std::printf("skipped: %s\n", refused.c_str());
        return 77;
    }
    const ovl_bench::asker& asked = rootless ? ovl_bench::as_rootless : ovl_bench::as_rootful;
    const int made = count_calls(asked.pair, directory);
    const int by_hand = count_calls(asked.pair_by_hand, directory);
    const int most = std::atoi(argv[2]);
    std::printf("%d %d\n", made, by_hand);
    if (made > 0 && by_hand > 0 && made <= most)
        return 0;
    std::fprintf(stderr, "ovl-bench-calls: %d system calls, by hand %d, at most %d\n", made,
                 by_hand, most);
    return 1;
}
