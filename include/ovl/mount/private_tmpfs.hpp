// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/bounded_text.hpp>
#include <ovl/detail/retry.hpp>
#include <ovl/mount/private_namespace.hpp>

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <utility>

namespace ovl {

namespace detail {

/// Mounts a tmpfs, of 1 MiB at most, over the root directory and opens it. What is open or looked up by an absolute
/// path stays what it was, since only `/..` leads through the new mount: no directory is needed to
/// mount on, and none is hidden.
[[nodiscard]] inline result<unique_fd> mount_tmpfs_over_root() {
    if (::mount("tmpfs", "/", "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=0755") != 0)
        return fail(last_failure("mount").at(step::enter_namespace).on("tmpfs"));
    unique_fd opened{
        retry([] { return ::open("/..", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW); })};
    if (!opened)
        return fail(last_failure("open").at(step::enter_namespace).on("/.."));
    return opened;
}

} // namespace detail

/// A tmpfs in a private mount namespace, for layers that nobody else sees: any kernel takes them (before 6.15 a layer
/// must be in a mount of the caller's namespace). It is made when it is first used, by a thread that stays in that
/// namespace and does all that is to be done there; the two end with this, or with the process. Needs CAP_SYS_ADMIN.
class private_tmpfs {
  public:
    private_tmpfs() noexcept {
        ::sem_init(&wanted_, 0, 0);
        ::sem_init(&done_, 0, 0);
    }
    private_tmpfs(const private_tmpfs&) = delete;
    private_tmpfs& operator=(const private_tmpfs&) = delete;
    ~private_tmpfs() {
        if (started_) {
            work_ = nullptr;
            ::sem_post(&wanted_);
            ::pthread_join(thread_, nullptr);
            detail::wait_until_gone(id_);
        }
        ::sem_destroy(&wanted_);
        ::sem_destroy(&done_);
    }

    /// Runs `work(fd)` there to its end, with an empty directory of the tmpfs, made anew for each. The thread has all
    /// signals blocked, a working directory of its own, and the caller's credentials. Fails, without running `work`,
    /// with the errno of pthread_create, unshare(2), mount(2) or mkdirat(2).
    template <class Work>
    [[nodiscard]] result<void> run(Work work) {
        work_ = [](void* context, int fd) { (*static_cast<Work*>(context))(fd); };
        context_ = &work;
        if (started_)
            ::sem_post(&wanted_);
        else if (const int error = detail::start_thread(thread_, &serve, this); error != 0)
            return fail(detail::thread_not_started(error));
        started_ = true;
        wait(done_);
        return std::move(outcome_);
    }

  private:
    static void wait(sem_t& semaphore) noexcept {
        while (::sem_wait(&semaphore) != 0) {
        }
    }

    static void* serve(void* self) {
        auto& own = *static_cast<private_tmpfs*>(self);
        own.id_ = ::gettid();
        const auto tmpfs = enter();
        while (own.work_ != nullptr) {
            own.outcome_ = tmpfs.has_value() ? own.work_in(tmpfs.value().get())
                                             : result<void>{fail(tmpfs.error())};
            ::sem_post(&own.done_);
            wait(own.wanted_);
        }
        return nullptr;
    }

    [[nodiscard]] static result<unique_fd> enter() {
        if (::unshare(CLONE_FS | CLONE_NEWNS) != 0)
            return fail(last_failure("unshare").at(step::enter_namespace));
        if (auto made = detail::make_mounts_private(); !made.has_value())
            return fail(std::move(made.error()));
        return detail::mount_tmpfs_over_root();
    }

    [[nodiscard]] result<void> work_in(int tmpfs) {
        detail::bounded_text<24> name;
        name.append_number(++uses_);
        if (::mkdirat(tmpfs, name.c_str(), 0755) != 0)
            return fail(last_failure("mkdirat").at(step::build_layers).on("tmpfs"));
        const unique_fd directory{
            ::openat(tmpfs, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
        if (!directory)
            return fail(last_failure("openat").at(step::build_layers).on("tmpfs"));
        work_(context_, directory.get());
        return {};
    }

    void (*work_)(void* context, int fd) = nullptr;
    void* context_ = nullptr;
    result<void> outcome_{};
    unsigned long uses_ = 0;
    sem_t wanted_{};
    sem_t done_{};
    pthread_t thread_{};
    pid_t id_ = 0;
    bool started_ = false;
};

} // namespace ovl
