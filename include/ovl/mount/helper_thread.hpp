// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>

#include <csignal>
#include <pthread.h>
#include <sched.h>
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

template <class Work>
struct thread_task {
    Work& work;
    int unshared = 0;
    result<void> outcome{};

    static void* start(void* self) {
        auto& task = *static_cast<thread_task*>(self);
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
    return std::move(task.outcome);
}

} // namespace ovl::detail
