// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
//
// ovl-trust-swaps SWAPS: an ordinary user, who owns the directory or shares a sticky one, swaps what root's probes make
// in it for whatever else could be there, while they run. Nothing outside may be created, removed, changed or read.

#include "trust/asker.hpp"
#include "trust/canary.hpp"

#include <ovl/policy/posix_fs.hpp>
#include <ovl/scratch/scratch_dir.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace ovl_trust;

constexpr uid_t attacker_uid = 59997;
const std::string shared_name = ".ovl-probe-0";
/// As a child of the parent is called.
const std::string child_name = "ovl-scratch-0123456789abcdef";

/// What prober and attackers know of each other.
struct arena {
    /// Odd while a probe runs.
    std::atomic<unsigned long> turn{0};
    std::atomic<unsigned long> swaps{0};
    std::atomic<bool> begun{false};
    std::atomic<bool> over{false};
};

bool swap_names(const std::string& a, const std::string& b) {
    return ::syscall(SYS_renameat2, AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE) == 0;
}

/// Whatever an attacker has ready to be found under a scratch directory's name.
std::vector<std::string> weapons(const std::string& base, const std::string& outside) {
    const auto link = [&](const std::string& to, const std::string& name) {
        must(::symlink(to.c_str(), (base + "/" + name).c_str()) == 0, name);
    };
    link(outside + "/private", "link-to-directory");
    link(outside + "/file", "link-to-file");
    link("nowhere", "dangling");
    must(::mkfifo((base + "/fifo").c_str(), 0666) == 0, "fifo");
    must(::link((outside + "/attackers-own").c_str(), (base + "/hard-link").c_str()) == 0,
         "hard link");
    for (const char* const name : {"open", "closed", "empty"}) {
        const std::string path = base + "/" + name;
        must(::mkdir(path.c_str(), 0700) == 0, path);
        if (std::string_view{name} == "empty")
            continue;
        // What a prober that takes this for its own would sweep, build in or chmod.
        for (const std::string& inner :
             {child_name, std::string{"lower1"}, std::string{"upper"}, std::string{"work"}})
            must(::symlink((outside + "/private").c_str(), (path + "/" + inner).c_str()) == 0,
                 inner);
        must(::chmod(path.c_str(), std::string_view{name} == "open" ? 01777 : 01700) == 0, path);
    }
    return {"link-to-directory",
            "link-to-file",
            "dangling",
            "fifo",
            "hard-link",
            "open",
            "closed",
            "empty",
            "vault",
            "open-vault"};
}

/// Puts everything in turn in the place of whatever has a scratch directory's name, and takes it away again, so that
/// root's own is found there by its next step, or is not.
class attacker {
  public:
    attacker(arena& shared, std::string base, std::vector<std::string> ready)
        : shared_{shared}, base_{std::move(base)}, ready_{std::move(ready)},
          listing_{::open(base_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {}

    void attack() {
        while (!shared_.begun)
            ::sched_yield();
        for (unsigned long round = 0; !shared_.over; ++round) {
            // The one that a probe may take for a parent that is done with, and remove.
            static_cast<void>(::mkdir(at("empty").c_str(), 0700));
            // Some stay for no time, others for as long as some probes take, which then make siblings.
            swap_shared_name(ready_[round % ready_.size()], round / ready_.size() % 8);
        }
    }

  private:
    /// Counts what was done while one probe ran from before it until after it.
    template <class Act>
    bool counted(Act act) {
        const unsigned long turn = shared_.turn;
        const bool done = act();
        if (done && turn % 2 != 0 && turn == shared_.turn)
            ++shared_.swaps;
        return done;
    }

    [[nodiscard]] std::string at(const std::string& name) const { return base_ + "/" + name; }

    void swap_shared_name(const std::string& weapon, unsigned long probes) {
        const std::string name = at(shared_name);
        const bool exchanged = counted([&] { return swap_names(at(weapon), name); });
        if (!exchanged && !counted([&] {
                return ::syscall(SYS_renameat2, AT_FDCWD, at(weapon).c_str(), AT_FDCWD,
                                 name.c_str(), RENAME_NOREPLACE) == 0;
            }))
            return;
        const unsigned long until = shared_.turn + 2 * probes;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds{20};
        for (std::size_t next = 0;
             shared_.turn < until && std::chrono::steady_clock::now() < deadline; ++next)
            swap_siblings(ready_[next % ready_.size()], weapon);
        if (exchanged)
            counted([&] { return swap_names(at(weapon), name); });
        else
            counted([&] { return ::rename(name.c_str(), at(weapon).c_str()) == 0; });
    }

    /// Not for the weapon that is in use.
    void swap_siblings(const std::string& weapon, const std::string& in_use) {
        if (weapon == in_use || ::lseek(listing_.get(), 0, SEEK_SET) != 0)
            return;
        static_cast<void>(ovl::for_each_entry(
            ovl::posix_fs{}, listing_.get(), [&](const char* entry, unsigned char) {
                if (!std::string_view{entry}.starts_with(shared_name + "-"))
                    return;
                if (counted([&] { return swap_names(at(weapon), at(entry)); })) {
                    const unsigned long turn = shared_.turn;
                    for (int spin = 0; spin < 200 && turn == shared_.turn; ++spin)
                        ::sched_yield();
                    counted([&] { return swap_names(at(weapon), at(entry)); });
                }
                // Away with it, and a link in its place.
                if (counted([&] { return ::rmdir(at(entry).c_str()) == 0; }) &&
                    counted([&] { return ::symlink("vault", at(entry).c_str()) == 0; }))
                    static_cast<void>(::unlink(at(entry).c_str()));
            }));
    }

    arena& shared_;
    std::string base_;
    std::vector<std::string> ready_;
    ovl::unique_fd listing_;
};

void become_attacker() {
    must(::setgroups(0, nullptr) == 0 &&
             ::setresgid(attacker_uid, attacker_uid, attacker_uid) == 0 &&
             ::setresuid(attacker_uid, attacker_uid, attacker_uid) == 0,
         "become the attacker");
    static_cast<void>(::prctl(PR_SET_DUMPABLE, 1));
}

/// Binds what is outside over whatever has a scratch directory's name, in a mount namespace of its own.
void mount_over(arena& shared, const std::string& base, const std::string& outside) {
    const auto refused = ovl::enter_user_namespace();
    must(!refused.has_value(), "the attacker's user namespace");
    while (!shared.over)
        for (const std::string& name : names_in(base)) {
            if (!name.starts_with(shared_name))
                continue;
            const std::string point = base + "/" + name;
            const unsigned long turn = shared.turn;
            if (::mount(outside.c_str(), point.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
                continue;
            if (turn % 2 != 0 && turn == shared.turn)
                ++shared.swaps;
            static_cast<void>(::umount2(point.c_str(), MNT_DETACH));
            std::this_thread::sleep_for(std::chrono::microseconds{100});
        }
}

template <class Body>
pid_t start(Body body) {
    const pid_t child = ::fork();
    must(child >= 0, "fork");
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        body();
        ::_exit(0);
    }
    return child;
}

void make_outside(const std::string& outside) {
    const auto file = [&](const std::string& name, mode_t mode) {
        const ovl::unique_fd made{
            ::open((outside + "/" + name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
        must(made && ::write(made.get(), "mine", 4) == 4 && ::fchmod(made.get(), mode) == 0, name);
    };
    file("file", 0600);
    file("attackers-own", 0644);
    must(::chown((outside + "/attackers-own").c_str(), attacker_uid, attacker_uid) == 0, "chown");
    for (const std::string& directory :
         {std::string{"private"}, "private/" + child_name, std::string{"private/upper"}}) {
        must(::mkdir((outside + "/" + directory).c_str(), 0700) == 0, directory);
        file(directory + "/secret", 0400);
    }
}

/// A directory of root's that lies in the attacker's own, and that he can move: what is in it is as private as what is
/// outside, even where it is called as what a sweep removes.
void make_vault(const std::string& path, mode_t mode) {
    must(::mkdir(path.c_str(), mode) == 0, path);
    for (const std::string& name :
         {child_name, std::string{"0123456789abcdef"}, std::string{"upper"}}) {
        must(::mkdir((path + "/" + name).c_str(), 0700) == 0, name);
        must(::mknod((path + "/" + name + "/secret").c_str(), S_IFREG | 0600, 0) == 0, name);
    }
}

/// Asks again and again until there were enough swaps, in every way there is, and tells whether an answer was wrong.
class prober {
  public:
    prober(arena& shared, const std::string& base) : shared_{shared}, base_{base} {
        const place quiet{"mode=0755"};
        for (const asker& each : every_asker(false))
            alone_.push_back(each.survey(quiet.path(), few_, false));
    }

    void probe_until(unsigned long swaps, std::chrono::seconds limit) {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        const ovl::unique_fd directory{::open(base_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
        const auto askers = every_asker(false);
        for (unsigned long i = 0;
             shared_.swaps < swaps && std::chrono::steady_clock::now() < deadline; ++i) {
            ++shared_.turn;
            const auto made = ovl::scratch_dir<ovl::posix_fs>::create(fs_, directory.get());
            scratches_made_ += made.has_value() ? 1U : 0U;
            if (i % 8 == 0) {
                const std::size_t which = i / 8 % askers.size();
                note(askers[which].survey(base_, few_, false), alone_[which]);
            }
            ++shared_.turn;
        }
        shared_.over = true;
    }

    void report(const std::string& what, figure& answers) const {
        std::printf("%s: %lu probes answered, %lu scratch directories made meanwhile\n",
                    what.c_str(), answered_, scratches_made_);
        answers.add(asked_, asked_ - wrong_);
        answers.complain(first_wrong_);
        answers.complain(answered_ == 0 ? "no probe came through: nothing was tried" : "");
    }

  private:
    void note(const ovl::report& found, const ovl::report& alone) {
        const auto wrong = wrong_answers(found, alone, true);
        ++asked_;
        wrong_ += wrong.empty() ? 0U : 1U;
        if (!wrong.empty() && first_wrong_.empty())
            first_wrong_ = wrong.front();
        answered_ += found.verdicts.front() == ovl::answer::unknown ? 0U : 1U;
    }

    arena& shared_;
    std::string base_;
    ovl::posix_fs fs_;
    std::vector<ovl::capability> few_{ovl::capability::native_diff,
                                      ovl::capability::metacopy_active, ovl::capability::d_type,
                                      ovl::capability::whiteout_device};
    std::vector<ovl::report> alone_;
    unsigned long asked_ = 0;
    unsigned long answered_ = 0;
    unsigned long wrong_ = 0;
    unsigned long scratches_made_ = 0;
    std::string first_wrong_;
};

arena& shared_arena() {
    void* const shared =
        ::mmap(nullptr, sizeof(arena), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(shared != MAP_FAILED, "mmap");
    return *new (shared) arena;
}

/// One attack; true where nothing escaped and no answer was wrong.
bool attacked(const std::string& what, bool sticky, unsigned long swaps) {
    const place where{"mode=0755"};
    const std::string base = where.make("base", sticky ? 01777 : 0755);
    const std::string outside = where.make("outside");
    make_outside(outside);
    if (!sticky)
        must(::chown(base.c_str(), attacker_uid, attacker_uid) == 0, "chown");
    // In a sticky directory it is not the attacker's to move, and named so by root himself.
    const std::string vault = base + "/vault";
    make_vault(vault, 0700);
    make_vault(base + "/open-vault", 0755);
    arena& shared = shared_arena();
    int ready[2];
    must(::pipe2(ready, O_CLOEXEC) == 0, "pipe");
    const pid_t swapper = start([&] {
        become_attacker();
        auto all = weapons(base, outside);
        must(::write(ready[1], "r", 1) == 1, "pipe");
        attacker{shared, base, std::move(all)}.attack();
    });
    char byte = 0;
    must(::read(ready[0], &byte, 1) == 1, "the attacker");
    canary tree{outside, false};
    canary private_vault{vault, true};
    canary open_vault{base + "/open-vault", true};
    prober probing{shared, base};
    shared.begun = true;
    const pid_t mounter = start([&] {
        become_attacker();
        mount_over(shared, base, outside);
    });
    probing.probe_until(swaps, std::chrono::seconds{240});
    for (const pid_t child : {swapper, mounter}) {
        int status = 0;
        must(::waitpid(child, &status, 0) == child, "wait");
        must(WIFEXITED(status) && WEXITSTATUS(status) == 0, "an attacker died");
    }
    for (const char* const name : {"vault", "open-vault"})
        if (::access((base + "/" + name).c_str(), F_OK) != 0)
            static_cast<void>(
                ::rename((base + "/" + shared_name).c_str(), (base + "/" + name).c_str()));
    unsigned long escaped = 0;
    for (canary* each : {&tree, &private_vault, &open_vault})
        for (const std::string& touch : each->touched()) {
            if (++escaped <= 20)
                std::printf("NOT HELD: %s: %s\n", what.c_str(), touch.c_str());
        }
    print_figure("swaps, " + what, shared.swaps, "tried", escaped, "escaped");
    figure answers{"probes meanwhile, " + what, "made", "right or unknown"};
    probing.report(what, answers);
    const bool enough = shared.swaps >= swaps;
    if (!enough)
        std::printf("NOT HELD: %s: too few swaps in the time there is\n", what.c_str());
    return answers.close() && escaped == 0 && enough;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: ovl-trust-swaps SWAPS\n");
        return 2;
    }
    const unsigned long swaps = std::strtoul(argv[1], nullptr, 10);
    enter_stage(false);
    const bool owned = attacked("in the attacker's own directory", false, swaps);
    const bool shared = attacked("in a sticky directory", true, swaps / 10);
    return owned && shared ? 0 : 1;
}
