// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>

#include <csignal>
#include <ctime>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

namespace ovl::detail {

/// Starts a thread that has all signals blocked. The errno of pthread_create, or 0.
[[nodiscard]] inline int start_thread(pthread_t& thread, void* (*start)(void*), void* context) {
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = ::pthread_create(&thread, nullptr, start, context);
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return error;
}

[[nodiscard]] inline failure thread_not_started(int error) {
    return {.where = step::enter_namespace, .call = "pthread_create", .error_number = error};
}

/// Waits until the kernel has let go of what an ended thread of this process, by its gettid(2), worked with. pthread_join(3)
/// returns before that, and a working directory or a mount namespace that is still there keeps filesystems busy. A
/// number that already is another thread's is not waited for longer than some 2 s.
inline void wait_until_gone(pid_t thread) noexcept {
    const pid_t process = ::getpid();
    constexpr timespec pause{.tv_sec = 0, .tv_nsec = 50'000};
    for (int tries = 0; tries < 20'000 && ::syscall(SYS_tgkill, process, thread, 0) == 0; ++tries)
        ::nanosleep(&pause, nullptr);
}

template <class Work>
struct thread_task {
    Work& work;
    int unshared = 0;
    pid_t id = 0;
    result<void> outcome{};

    static void* start(void* self) {
        auto& task = *static_cast<thread_task*>(self);
        task.id = ::gettid();
        if (::unshare(task.unshared) != 0)
            task.outcome = fail(last_failure("unshare").at(step::enter_namespace));
        else
            task.outcome = task.work();
        return nullptr;
    }
};

/// Runs `work`, which gives a `result<void>`, to its end on a thread of its own that has first
/// called unshare(2) with `flags`: CLONE_FS gives it a working directory of its own. The thread has
/// all signals blocked, shares the process's descriptors, and has the caller's credentials.
/// Fails with the errno of pthread_create or unshare(2), or as `work` does.
template <class Work>
[[nodiscard]] result<void> on_helper_thread(int flags, Work work) {
    thread_task<Work> task{work, flags};
    pthread_t thread{};
    if (const int error = start_thread(thread, &thread_task<Work>::start, &task); error != 0)
        return fail(thread_not_started(error));
    ::pthread_join(thread, nullptr);
    wait_until_gone(task.id);
    return std::move(task.outcome);
}

} // namespace ovl::detail
