// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "command.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace ovl_bench {

outcome run_command(const std::vector<std::string>& command, bool quiet) {
    std::vector<char*> arguments;
    for (const std::string& each : command)
        arguments.push_back(const_cast<char*>(each.c_str()));
    arguments.push_back(nullptr);
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0)
        return {};
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    if (quiet)
        ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    const auto began = std::chrono::steady_clock::now();
    const int refused =
        ::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    outcome ended{};
    if (refused == 0) {
        char chunk[4096];
        for (ssize_t length = 0; (length = ::read(ends[0], chunk, sizeof chunk)) != 0;)
            if (length > 0)
                ended.output.append(chunk, static_cast<std::size_t>(length));
            else if (errno != EINTR)
                break;
        int status = 0;
        rusage used{};
        while (::wait4(child, &status, 0, &used) < 0 && errno == EINTR)
            ;
        ended.wall_ns =
            std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began)
                .count();
        ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        ended.peak_kib = used.ru_maxrss;
    }
    ::close(ends[0]);
    return ended;
}

} // namespace ovl_bench
