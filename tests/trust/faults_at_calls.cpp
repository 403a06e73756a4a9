// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-trust-faults-at-calls LEVEL MODE
//
// Fails every system call that each probe, a whole survey, a mount and a sweep make: once, at each
// occurrence, with each errno. The fault comes from outside the process, and reaches what does not go
// through the policies: the calls behind a mount, the threads and children, what is read in /proc. MODE
// is root or user-namespace.

#include "trust/answers.hpp"
#include "trust/deeds.hpp"
#include "trust/tracer.hpp"
#include "trust/workers.hpp"

#include <ovl/detail/kernel_calls.hpp>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace {

using namespace ovl_trust;

/// A system call by its name in the library's evidence, and which argument is the path.
struct known_call {
    long number;
    const char* name;
    int path = -1;
};

constexpr std::array known_calls{
    known_call{SYS_openat, "openat", 1},
    known_call{ovl::detail::sys_openat2, "openat2", 1},
    known_call{SYS_mkdirat, "mkdirat", 1},
    known_call{SYS_mknodat, "mknodat", 1},
    known_call{SYS_unlinkat, "unlinkat", 1},
    known_call{SYS_renameat2, "renameat2", 1},
    known_call{SYS_newfstatat, "fstatat", 1},
    known_call{SYS_statx, "statx", 1},
    known_call{SYS_fstatfs, "fstatfs"},
    known_call{SYS_lsetxattr, "lsetxattr", 1},
    known_call{SYS_lgetxattr, "lgetxattr", 1},
    known_call{ovl::detail::sys_fchmodat2, "fchmodat2", 1},
    known_call{SYS_fchmodat, "fchmodat", 1},
    known_call{SYS_getdents64, "getdents64"},
    known_call{SYS_flock, "flock"},
    known_call{SYS_ioctl, "ioctl"},
    known_call{SYS_name_to_handle_at, "name_to_handle_at", 1},
    known_call{SYS_read, "read"},
    known_call{SYS_write, "write"},
    known_call{SYS_close, "close"},
    known_call{SYS_lseek, "lseek"},
    known_call{SYS_fstat, "fstat"},
    known_call{SYS_readlinkat, "readlink", 1},
    known_call{SYS_faccessat, "access", 1},
    known_call{ovl::detail::sys_fsopen, "fsopen", 0},
    known_call{ovl::detail::sys_fsconfig, "fsconfig", 2},
    known_call{ovl::detail::sys_fsmount, "fsmount"},
    known_call{ovl::detail::sys_open_tree, "open_tree", 1},
    known_call{ovl::detail::sys_move_mount, "move_mount", 3},
    known_call{ovl::detail::sys_mount_setattr, "mount_setattr"},
    known_call{ovl::detail::sys_statmount, "statmount"},
    known_call{SYS_mount, "mount", 1},
    known_call{SYS_umount2, "umount2", 0},
    known_call{SYS_unshare, "unshare"},
    known_call{SYS_chdir, "chdir", 0},
    known_call{SYS_fchdir, "fchdir"},
    known_call{SYS_clone, "clone3"},
    known_call{435, "clone3"},
    known_call{SYS_mmap, "pthread_create"},
    known_call{SYS_getrandom, "getrandom"},
    known_call{SYS_socketpair, "socketpair"},
    known_call{SYS_sendto, "sendto"},
    known_call{SYS_recvfrom, "recvfrom"},
#if defined(__x86_64__)
    known_call{SYS_open, "openat", 0},
    known_call{SYS_stat, "fstatat", 0},
    known_call{SYS_mkdir, "mkdirat", 0},
    known_call{SYS_rmdir, "unlinkat", 0},
    known_call{SYS_readlink, "readlink", 0},
    known_call{SYS_access, "access", 0},
    known_call{SYS_poll, "poll"},
#else
    known_call{SYS_ppoll, "poll"},
#endif
};

/// What cannot fail, or belongs to the C library's own house-keeping: memory, locks, signals, clocks,
/// the end of a thread or a process. A failure to reap a child that exists is not one that a kernel has.
constexpr std::array ignored_calls{
    long{SYS_futex},        long{SYS_munmap},     long{SYS_mprotect},       long{SYS_brk},
    long{SYS_madvise},      long{SYS_exit},       long{SYS_rt_sigprocmask}, long{SYS_rt_sigaction},
    long{SYS_rt_sigreturn}, long{SYS_exit_group}, long{SYS_clock_gettime},  long{SYS_rseq},
    long{SYS_sched_yield},  long{SYS_gettid},     long{SYS_set_robust_list}, long{SYS_getpid},
    long{SYS_geteuid},      long{SYS_getegid},    long{SYS_getuid},         long{SYS_getgid},
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
                          static_cast<int>(each.evidence->call.size()),
                          each.evidence->call.data());
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

class trial {
  public:
    trial(const subject& tried, const deed& done, const place& where, shared_answers& shared)
        : tried_{tried}, done_{done}, where_{where}, shared_{shared} {
        where_.clear();
        done_.prepare(where_);
        const int open = open_descriptors();
        const auto body = [&] { act(open); };
        const int ended = trace(body, ignored_calls, [&](const pending_call& call, int&) {
            if (can_fail(call))
                calls_.push_back(describe_call(call, 0));
            return fate::made;
        });
        need(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "a run without a fault ends well");
        original_ = shared_;
        without_ = original_.get();
    }

    [[nodiscard]] const std::vector<failed_call>& calls() const noexcept { return calls_; }

    /// Fails the n-th call, from 1 on, so; says what is wrong then. None where it came to no such call: how
    /// often what the kernel says has to be read may differ by one.
    [[nodiscard]] std::optional<std::vector<std::string>> fail_at(std::size_t n,
                                                                  int error_number) {
        std::vector<std::string> wrong;
        where_.clear();
        done_.prepare(where_);
        shared_.count = 0;
        const std::string before = mount_table();
        std::size_t entered = 0;
        failed_call failed;
        const int open = open_descriptors();
        const int ended =
            trace([&] { act(open); }, ignored_calls, [&](const pending_call& call, int& error) {
                if (!can_fail(call) || ++entered != n)
                    return fate::made;
                failed = describe_call(call, error_number);
                error = error_number;
                // What close(2) is given is closed whatever it returns.
                return call.number() == SYS_close ? fate::made_and_refused : fate::refused;
            });
        if (entered < n)
            return std::nullopt;
        if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
            wrong.push_back("it ended with status " + std::to_string(ended));
        if (mount_table() != before)
            wrong.push_back("the mount table differs afterwards");
        if (shared_.leaked != 0)
            wrong.push_back(std::to_string(shared_.leaked) + " descriptors leaked");
        const verdicts with = shared_.get();
        for (std::size_t i = 0; i < with.size(); ++i)
            if (const auto bad = wrong_answer(without_[i], with[i], failed); bad.has_value())
                wrong.push_back(*bad);
        if (done_.what != deed::kind::mount)
            look_for_leftovers(failed, wrong);
        return wrong;
    }

  private:
    void act(int descriptors) const {
        const verdicts found = done_.act(tried_, where_, nullptr);
        ::syscall(end_marker);
        shared_.leaked = open_descriptors() - descriptors;
        shared_.put(found);
    }

    /// Only a removal that was made to fail may leave something, and the next run sweeps it.
    void look_for_leftovers(const failed_call& failed, std::vector<std::string>& wrong) const {
        const auto left = where_.entries();
        if (left.empty())
            return;
        static constexpr std::array<std::string_view, 7> removing{
            "unlinkat", "openat2", "getdents64", "fchmodat2", "flock", "umount2", "lseek"};
        if (done_.what != deed::kind::sweep &&
            std::find(removing.begin(), removing.end(), failed.call) == removing.end())
            wrong.push_back("left behind: " + left.back());
        static_cast<void>(tried_.sweep(where_.path(), nullptr));
        if (const auto still = where_.entries(); !still.empty())
            wrong.push_back("not swept by the next run: " + still.back());
    }

    const subject& tried_;
    const deed& done_;
    const place& where_;
    shared_answers& shared_;
    shared_answers original_{};
    std::vector<failed_call> calls_;
    verdicts without_;
};

/// Which of a deed's calls a level fails with which errnos.
class choice {
  public:
    choice(std::string_view level, const deed& done) : level_{level}, whole_{done.asked.size() > 1} {}

    /// Whether the call is failed at all. A row of the same call, as when layers are appended until
    /// there are too many, is thinned out in the middle: nothing differs there but the count.
    [[nodiscard]] bool takes(const std::vector<failed_call>& calls, std::size_t n) {
        const bool again = n > 1 && calls[n - 1].call == calls[n - 2].call &&
                           calls[n - 1].name == calls[n - 2].name;
        row_ = again ? row_ + 1 : 0;
        if (level_ == "long")
            return true;
        if (row_ > 4 && row_ % 100 != 0)
            return false;
        return level_ == "trust" || n % (whole_ ? 41 : 5) == 1;
    }
    /// How many errnos, beginning with another one at each call.
    [[nodiscard]] std::size_t errnos_each() const {
        if (level_ == "long")
            return errnos.size();
        return 1;
    }

  private:
    std::string_view level_;
    bool whole_;
    std::size_t row_ = 0;
};

void try_cases(const std::vector<const subject*>& subjects, std::string_view level,
               std::size_t first, progress& own) {
    enter_stage(false);
    const place where;
    void* const memory = ::mmap(nullptr, sizeof(shared_answers), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    need(memory != MAP_FAILED, "mmap");
    auto& shared = *new (memory) shared_answers{};
    const std::size_t stride = worker_count();
    std::size_t number = 0;
    for (const subject* const tried : subjects) {
        for (const deed& done : all_deeds()) {
            const std::string title = std::string{tried->backend} + " " + done.name;
            note(own, title + " without a fault");
            trial each{*tried, done, where, shared};
            choice chosen{level, done};
            for (std::size_t n = 1; n <= each.calls().size(); ++n) {
                if (!chosen.takes(each.calls(), n))
                    continue;
                for (std::size_t i = 0; i < chosen.errnos_each(); ++i) {
                    if (number++ != first)
                        continue;
                    own.at = first;
                    first += stride;
                    const int error = errnos[(n * 5 + i * 5) % errnos.size()];
                    failed_call failed = each.calls()[n - 1];
                    failed.error_number = error;
                    const std::string what =
                        title + ": call " + std::to_string(n) + ", " + failed.text();
                    note(own, what);
                    const auto wrong = each.fail_at(n, error);
                    if (!wrong.has_value())
                        continue;
                    ++own.made;
                    own.held += wrong->empty() ? 1 : 0;
                    for (const std::string& line : *wrong)
                        say("not held: " + what + ": " + line);
                }
            }
        }
    }
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr,
                     "usage: ovl-trust-faults-at-calls short|trust|long root|user-namespace\n");
        return 2;
    }
    const std::size_t which = std::string_view{argv[2]} == "user-namespace" ? 1 : 0;
    const std::vector<const subject*> subjects{&by_fsopen[which], &by_classic[which],
                                               &by_libmount[which]};
    enter_stage(which == 1);
    const std::string outside = mount_table();
    tally sum = run_workers([&](std::size_t first, progress& own) {
        try_cases(subjects, argv[1], first, own);
    });
    if (mount_table() != outside) {
        say("not held: the mount table outside differs");
        sum.held = 0;
    }
    const std::string extent = std::string_view{argv[1]} == "long" ? "" : " (a sample)";
    print_figure("faults at system calls" + extent + ", " + argv[2], sum, "held");
    return sum.all() ? 0 : 1;
}
