// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-trust-faults-at-calls LEVEL MODE
//
// Fails every system call that each probe, a whole survey, a mount and a sweep make: once, at each
// occurrence, with each errno. The fault comes from outside the process, and reaches what does not go
// through the policies: the calls behind a mount, the threads and children, what is read in /proc. MODE
// is root or user-namespace.

#include "trust/fault_trials.hpp"
#include "trust/tracer.hpp"

#include <ovl/detail/kernel_calls.hpp>

#include <array>
#include <new>
#include <string>
#include <sys/mman.h>
#include <vector>

namespace {

using namespace ovl_trust;

/// A system call by its name in the library's evidence, and which argument is the path.
struct known_call {
    long number;
    const char* name;
    int path = -1;
};

constexpr std::array known_calls {
    known_call{SYS_openat, "openat", 1}, known_call{ovl::detail::sys_openat2, "openat2", 1},
        known_call{SYS_mkdirat, "mkdirat", 1}, known_call{SYS_mknodat, "mknodat", 1},
        known_call{SYS_unlinkat, "unlinkat", 1}, known_call{SYS_renameat2, "renameat2", 1},
        known_call{SYS_newfstatat, "fstatat", 1}, known_call{SYS_statx, "statx", 1},
        known_call{SYS_fstatfs, "fstatfs"}, known_call{SYS_lsetxattr, "lsetxattr", 1},
        known_call{SYS_lgetxattr, "lgetxattr", 1},
        known_call{ovl::detail::sys_fchmodat2, "fchmodat2", 1},
        known_call{SYS_fchmodat, "fchmodat", 1}, known_call{SYS_getdents64, "getdents64"},
        known_call{SYS_flock, "flock"}, known_call{SYS_ioctl, "ioctl"},
        known_call{SYS_name_to_handle_at, "name_to_handle_at", 1}, known_call{SYS_read, "read"},
        known_call{SYS_write, "write"}, known_call{SYS_close, "close"},
        known_call{SYS_lseek, "lseek"}, known_call{SYS_fstat, "fstat"},
        known_call{SYS_readlinkat, "readlink", 1}, known_call{SYS_faccessat, "access", 1},
        known_call{ovl::detail::sys_fsopen, "fsopen", 0},
        known_call{ovl::detail::sys_fsconfig, "fsconfig", 2},
        known_call{ovl::detail::sys_fsmount, "fsmount"},
        known_call{ovl::detail::sys_open_tree, "open_tree", 1},
        known_call{ovl::detail::sys_move_mount, "move_mount", 3},
        known_call{ovl::detail::sys_mount_setattr, "mount_setattr"},
        known_call{ovl::detail::sys_statmount, "statmount"}, known_call{SYS_mount, "mount", 1},
        known_call{SYS_umount2, "umount2", 0}, known_call{SYS_unshare, "unshare"},
        known_call{SYS_chdir, "chdir", 0}, known_call{SYS_fchdir, "fchdir"},
        known_call{SYS_clone, "clone3"}, known_call{435, "clone3"},
        known_call{SYS_mmap, "pthread_create"}, known_call{SYS_getrandom, "getrandom"},
        known_call{SYS_socketpair, "socketpair"}, known_call{SYS_sendto, "sendto"},
        known_call{SYS_recvfrom, "recvfrom"},
#if defined(__x86_64__)
        known_call{SYS_open, "openat", 0}, known_call{SYS_stat, "fstatat", 0},
        known_call{SYS_mkdir, "mkdirat", 0}, known_call{SYS_rmdir, "unlinkat", 0},
        known_call{SYS_readlink, "readlink", 0}, known_call{SYS_access, "access", 0},
        known_call{SYS_poll, "poll"},
#else
        known_call{SYS_ppoll, "poll"},
#endif
};

/// What cannot fail, or belongs to the C library's own house-keeping: memory, locks, signals, clocks,
/// the end of a thread or a process. A failure to reap a child that exists is not one that a kernel has.
constexpr std::array ignored_calls{
    long{SYS_futex},        long{SYS_munmap},     long{SYS_mprotect},        long{SYS_brk},
    long{SYS_madvise},      long{SYS_exit},       long{SYS_rt_sigprocmask},  long{SYS_rt_sigaction},
    long{SYS_rt_sigreturn}, long{SYS_exit_group}, long{SYS_clock_gettime},   long{SYS_rseq},
    long{SYS_sched_yield},  long{SYS_gettid},     long{SYS_set_robust_list}, long{SYS_getpid},
    long{SYS_geteuid},      long{SYS_getegid},    long{SYS_getuid},          long{SYS_getgid},
    long{SYS_waitid},       long{SYS_nanosleep},  long{SYS_clock_nanosleep}};

/// Whether a failure of this call is one to inject: of what is mapped, only the stacks of threads.
bool can_fail(const pending_call& call) {
    constexpr std::uint64_t map_stack = 0x20000;
    return call.number() != SYS_mmap || (call.argument(3) & map_stack) != 0;
}

failed_call describe_call(const pending_call& call, int error_number) {
    for (const known_call& known : known_calls) {
        if (known.number != call.number())
            continue;
        std::string name = known.path >= 0 ? call.text(known.path) : "";
        if (known.number == SYS_lsetxattr || known.number == SYS_lgetxattr)
            name += " of " + call.text(0);
        return {known.name, name, error_number};
    }
    return {"call " + std::to_string(call.number()), "", error_number};
}

/// An answer as it comes out of the process that gave it.
struct answer_record {
    ovl::answer is{};
    ovl::reason because{};
    ovl::capability asked{};
    bool has_evidence = false;
    bool has_value = false;
    ovl::step where{};
    int error_number = 0;
    std::uint64_t value = 0;
    char call[32] = {};
    char subject[160] = {};
};

struct shared_answers {
    int leaked = 0;
    std::size_t count = 0;
    std::array<answer_record, 64> records{};

    void put(const verdicts& all) {
        count = 0;
        for (const ovl::verdict& each : all) {
            answer_record& to = records[count++];
            to = answer_record{};
            to.is = each.is;
            to.because = each.because;
            to.asked = each.asked;
            to.has_value = each.value.has_value();
            to.value = each.value.value_or(0);
            to.has_evidence = each.evidence.has_value();
            if (!each.evidence.has_value())
                continue;
            to.where = each.evidence->where;
            to.error_number = each.evidence->error_number;
            std::snprintf(to.call, sizeof to.call, "%.*s",
                          static_cast<int>(each.evidence->call.size()), each.evidence->call.data());
            std::snprintf(to.subject, sizeof to.subject, "%s", each.evidence->subject.c_str());
        }
    }
    /// They refer to the calls' names in here.
    [[nodiscard]] verdicts get() const {
        verdicts all;
        for (std::size_t i = 0; i < count; ++i) {
            const answer_record& from = records[i];
            ovl::verdict each = ovl::give(from.asked, from.is, from.because);
            if (from.has_value)
                each.value = from.value;
            if (from.has_evidence)
                each.evidence = ovl::failure{.where = from.where,
                                             .call = from.call,
                                             .error_number = from.error_number,
                                             .subject = from.subject};
            all.push_back(std::move(each));
        }
        return all;
    }
};

/// Memory that a child writes its answers to.
class shared_memory {
  public:
    shared_memory() {
        void* const memory = ::mmap(nullptr, sizeof(shared_answers), PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        must(memory != MAP_FAILED, "mmap");
        answers_ = new (memory) shared_answers{};
    }
    shared_memory(const shared_memory&) = delete;
    shared_memory& operator=(const shared_memory&) = delete;
    ~shared_memory() { ::munmap(answers_, sizeof(shared_answers)); }

    [[nodiscard]] shared_answers& answers() const noexcept { return *answers_; }

  private:
    shared_answers* answers_;
};

class trial {
  public:
    trial(const subject& tried, const deed& done, const place& where)
        : tried_{tried}, done_{done}, where_{where} {
        where_.clear();
        done_.prepare(where_);
        const int open = open_descriptors();
        const auto body = [&] { act(open); };
        const int ended = trace(body, ignored_calls, [&](const pending_call& call, int&) {
            if (can_fail(call))
                calls_.push_back(describe_call(call, 0));
            return fate::made;
        });
        must(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "a run without a fault ends well");
        original_ = shared_.answers();
        without_ = original_.get();
    }

    [[nodiscard]] const std::vector<failed_call>& calls() const noexcept { return calls_; }

    /// Fails the n-th call: not always that of the run without a fault, as threads and processes make theirs in any
    /// order. None where it came to no such call: how often what the kernel says has to be read may differ by one.
    [[nodiscard]] std::optional<complaints> fail_at(std::size_t n, int error_number) {
        where_.clear();
        done_.prepare(where_);
        shared_.answers().count = 0;
        const std::string before = mount_table();
        std::size_t entered = 0;
        failed_call failed;
        const int open = open_descriptors();
        const int ended =
            trace([&] { act(open); }, ignored_calls,
                  [&](const pending_call& call, int& error) {
                      if (!can_fail(call) || ++entered != n)
                          return fate::made;
                      failed = describe_call(call, error_number);
                      error = error_number;
                      // What close(2) is given is closed whatever it returns.
                      return call.number() == SYS_close ? fate::made_and_refused : fate::refused;
                  });
        if (entered < n)
            return std::nullopt;
        complaints wrong = check(failed, ended, before);
        for (std::string& line : wrong)
            line = failed.text() + ": " + line;
        return wrong;
    }

  private:
    void act(int descriptors) const {
        const verdicts found = done_.act(tried_, where_, nullptr);
        ::syscall(end_marker);
        shared_.answers().leaked = open_descriptors() - descriptors;
        shared_.answers().put(found);
    }

    [[nodiscard]] complaints check(const failed_call& failed, int ended,
                                   const std::string& mounts) const {
        complaints wrong;
        if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
            wrong.push_back("it ended with status " + std::to_string(ended));
        if (mount_table() != mounts)
            wrong.push_back("the mount table differs afterwards");
        if (shared_.answers().leaked != 0)
            wrong.push_back(std::to_string(shared_.answers().leaked) + " descriptors leaked");
        const verdicts with = shared_.answers().get();
        for (std::size_t i = 0; i < with.size(); ++i)
            if (const auto bad = wrong_answer(without_[i], with[i], failed); bad.has_value())
                wrong.push_back(*bad);
        static constexpr std::array<std::string_view, 7> removing{
            "unlinkat", "openat2", "getdents64", "fchmodat2", "flock", "umount2", "lseek"};
        look_for_leftovers(tried_, done_, where_, failed, removing, wrong);
        return wrong;
    }

    const subject& tried_;
    const deed& done_;
    const place& where_;
    shared_memory shared_;
    shared_answers original_{};
    std::vector<failed_call> calls_;
    verdicts without_;
};

} // namespace

int main(int argc, char** argv) {
    constexpr extents levels{
        .of_short = {.one_call_of = 5, .one_call_of_a_survey = 41, .errnos_each = 1},
        .of_trust = {.one_call_of = 1, .one_call_of_a_survey = 9, .errnos_each = 1}};
    constexpr std::array backends{&by_fsopen, &by_classic, &by_libmount};
    return try_all<trial>("faults at system calls", {argv, static_cast<std::size_t>(argc)}, levels,
                          backends);
}
