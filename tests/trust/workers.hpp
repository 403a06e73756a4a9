// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/place.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

/// Many cases, each tried by its number in a few processes at once, and counted.
namespace ovl_trust {

/// What one process is at, in memory that it shares with the one that watches it.
struct progress {
    std::atomic<std::size_t> at{0};
    std::atomic<std::size_t> made{0};
    std::atomic<std::size_t> held{0};
    char what[200] = {};
};

/// Says what is being tried, for whoever has to tell that it crashed.
inline void note(progress& own, const std::string& what) {
    std::snprintf(own.what, sizeof own.what, "%s", what.c_str());
}

struct tally {
    std::size_t made = 0;
    std::size_t held = 0;
    [[nodiscard]] bool all() const noexcept { return made != 0 && made == held; }
    tally& operator+=(const tally& other) noexcept {
        made += other.made;
        held += other.held;
        return *this;
    }
};

inline void say(const std::string& line) {
    const std::string whole = line + "\n";
    static_cast<void>(!::write(STDOUT_FILENO, whole.data(), whole.size()));
}

[[nodiscard]] inline std::size_t worker_count() {
    return std::max(1U, std::thread::hardware_concurrency());
}

/// Runs `work(worker, first, progress)` in as many processes as there are processors. It tries the
/// cases first, first + worker_count(), ... and counts them; where a process dies in a case, that
/// case has not held, and another one goes on with the next.
template <class Work>
[[nodiscard]] tally run_workers(Work work) {
    const std::size_t count = worker_count();
    void* const shared = ::mmap(nullptr, count * sizeof(progress), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(shared != MAP_FAILED, "mmap");
    auto* const all = static_cast<progress*>(shared);
    std::vector<pid_t> running(count);
    const auto start = [&](std::size_t i, std::size_t first) {
        running[i] = ::fork();
        must(running[i] >= 0, "fork");
        if (running[i] != 0)
            return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        work(first, all[i]);
        std::fflush(nullptr);
        ::_exit(0);
    };
    for (std::size_t i = 0; i < count; ++i)
        start(i, all[i].at = i);
    tally sum;
    for (std::size_t left = count; left > 0;) {
        int status = 0;
        const pid_t ended = ::waitpid(-1, &status, 0);
        for (std::size_t i = 0; i < count; ++i) {
            if (running[i] != ended)
                continue;
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
                --left;
                sum += {all[i].made, all[i].held};
                continue;
            }
            say(std::string{"not held: "} + all[i].what + ": the process died, status " +
                std::to_string(status));
            // The stage could not be set, and could not be again.
            if (WIFEXITED(status)) {
                --left;
                sum += {all[i].made + 1, all[i].held};
                continue;
            }
            ++all[i].made;
            start(i, all[i].at += count);
        }
    }
    ::munmap(shared, count * sizeof(progress));
    return sum;
}

} // namespace ovl_trust
