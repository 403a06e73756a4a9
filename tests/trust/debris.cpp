// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
//
// ovl-trust-debris rootful|rootless STEP: what lies in the directory that killed probes left, and what becomes of the
// directory while a probe runs. Debris is swept in bounded memory and descriptors, or left and named; a directory that
// vanishes, fills up or becomes read-only at any system call (at every STEP-th) makes answers unknown, never wrong.

#include "trust/asker.hpp"
#include "trust/at_call.hpp"
#include "trust/place.hpp"

#include <ovl/scratch/scratch_dir.hpp>

#include <cstring>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace ovl_trust;

const std::string child_name = "ovl-scratch-0123456789abcdef";

std::string parent_name() {
    return ".ovl-probe-" + std::to_string(::geteuid());
}

/// A child of the parent that nobody holds, to be filled.
ovl::unique_fd make_debris(const place& where) {
    if (::access(where.path(parent_name()).c_str(), F_OK) != 0)
        where.make(parent_name(), 01700);
    return open_directory(where.make(parent_name() + "/" + child_name, 01700));
}

void make_deep(const ovl::unique_fd& top, int levels, const std::string& name) {
    ovl::unique_fd here{::fcntl(top.get(), F_DUPFD_CLOEXEC, 0)};
    for (int level = 0; level < levels; ++level) {
        must(::mkdirat(here.get(), name.c_str(), 0755) == 0, "mkdirat");
        must(::mknodat(here.get(), "file", S_IFREG | 0600, 0) == 0, "mknodat");
        here.reset(::openat(here.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        must(static_cast<bool>(here), "openat");
    }
}

void make_wide(const ovl::unique_fd& top, int entries) {
    for (int i = 0; i < entries; ++i) {
        const std::string name =
            "an entry with a name that fills a listing's buffer soon " + std::to_string(i);
        const bool directory = i % 10 == 0;
        must(directory ? ::mkdirat(top.get(), name.c_str(), 0) == 0
                       : ::mknodat(top.get(), name.c_str(), S_IFREG, 0) == 0,
             name);
    }
}

/// Directories to which nobody but root has any right, as the workdir of an overlay is, deep in each other.
void make_closed(const ovl::unique_fd& top, int levels) {
    make_deep(top, levels, "d");
    std::vector<ovl::unique_fd> all;
    all.emplace_back(::fcntl(top.get(), F_DUPFD_CLOEXEC, 0));
    for (int level = 0; level < levels; ++level)
        all.emplace_back(::openat(all.back().get(), "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    for (std::size_t level = 1; level < all.size(); ++level)
        must(::fchmod(all[level].get(), 0) == 0, "fchmod");
}

/// What a survey in a process with few descriptors, in which it is all that happens, has to say; and its memory.
struct sweep_outcome {
    int wrong = 0;
    int warned = 0;
    long kilobytes = 0;
    char warning[512]{};
};

/// Descriptors that a process has which probes; a survey of a clean directory needs some twenty.
constexpr rlim_t few_descriptors = 64;

sweep_outcome survey_with_few_descriptors(const asker& by, const std::string& where,
                                          const ovl::report& alone) {
    void* const shared = ::mmap(nullptr, sizeof(sweep_outcome), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(shared != MAP_FAILED, "mmap");
    sweep_outcome& told = *new (shared) sweep_outcome;
    const pid_t child = ::fork();
    must(child >= 0, "fork");
    if (child == 0) {
        const rlimit few{.rlim_cur = few_descriptors, .rlim_max = few_descriptors};
        must(::setrlimit(RLIMIT_NOFILE, &few) == 0, "setrlimit");
        const auto found = by.survey(where, {}, false);
        told.wrong = static_cast<int>(wrong_answers(found, alone, false).size());
        told.warned = static_cast<int>(found.left_behind.size());
        if (told.warned != 0)
            std::strncpy(told.warning, found.left_behind.front().subject.c_str(),
                         sizeof told.warning - 1);
        rusage used{};
        ::getrusage(RUSAGE_SELF, &used);
        told.kilobytes = used.ru_maxrss;
        ::_exit(0);
    }
    int status = 0;
    must(::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0,
         "a surveyor");
    const sweep_outcome outcome = told;
    ::munmap(shared, sizeof(sweep_outcome));
    return outcome;
}

/// The memory that a sweep may take above what a survey without one takes.
constexpr long spare_kilobytes = 512;

bool sweeps(const asker& by) {
    struct litter {
        std::string what;
        void (*make)(const ovl::unique_fd&);
    };
    const litter kinds[] = {
        {"10,000 entries", [](const ovl::unique_fd& top) { make_wide(top, 10'000); }},
        {"200 levels", [](const ovl::unique_fd& top) { make_deep(top, 200, "d"); }},
        {"1,000 levels", [](const ovl::unique_fd& top) { make_deep(top, 1000, "d"); }},
        {"1,000 levels with long names",
         [](const ovl::unique_fd& top) { make_deep(top, 1000, std::string(250, 'd')); }},
        {"100 levels of mode 000", [](const ovl::unique_fd& top) { make_closed(top, 100); }},
        {"200 levels beside 10,000 entries",
         [](const ovl::unique_fd& top) {
             make_deep(top, 200, "d");
             make_wide(top, 10'000);
         }},
    };
    figure swept{"debris, " + std::string{by.backend} +
                     (by.user_class ? ", rootless" : ", rootful"),
                 "trees", "swept with 64 descriptors"};
    const place where{"mode=0755"};
    const ovl::report alone = by.survey(where.path(), {}, false);
    const long clean = survey_with_few_descriptors(by, where.path(), alone).kilobytes;
    long most = 0;
    for (const litter& kind : kinds) {
        kind.make(make_debris(where));
        const auto told = survey_with_few_descriptors(by, where.path(), alone);
        most = std::max(most, told.kilobytes - clean);
        std::string wrong;
        if (told.wrong != 0)
            wrong = std::to_string(told.wrong) + " other answers";
        else if (told.warned != 0)
            wrong = std::string{"left "} + told.warning;
        else if (!where.names().empty())
            wrong = "left without a warning";
        else if (told.kilobytes - clean > spare_kilobytes)
            wrong = std::to_string(told.kilobytes - clean) + " KiB of memory";
        swept.add(wrong.empty() ? "" : kind.what + ": " + wrong);
        static_cast<void>(ovl::remove_entries(ovl::posix_fs{}, open_directory(where.path()).get()));
    }
    std::printf("the most memory that a sweep took: %ld KiB more than a survey without one\n",
                most);
    return swept.close();
}

/// What cannot be swept, or is none of ours: it stays as it is, and the report names it.
bool leaves(const asker& by) {
    struct obstacle {
        std::string what;
        /// Whether the report names it: not what is called otherwise than a child, which is nobody's business.
        bool named;
        void (*make)(const place& where, const std::string& child);
    };
    static const auto bind = [](const std::string& from, const std::string& to) {
        must(::mount(from.c_str(), to.c_str(), nullptr, MS_BIND, nullptr) == 0, "bind " + to);
    };
    const obstacle kinds[] = {
        {"a mount in debris", true,
         [](const place& where, const std::string&) {
             const auto top = make_debris(where);
             must(::mkdirat(top.get(), "mounted", 0755) == 0, "mkdirat");
             bind(where.path("kept"), where.path(parent_name() + "/" + child_name + "/mounted"));
         }},
        {"a mount over debris", true,
         [](const place& where, const std::string& child) {
             make_debris(where);
             bind(where.path("kept"), child);
         }},
        {"a file mounted in debris", true,
         [](const place& where, const std::string& child) {
             const auto top = make_debris(where);
             must(::mknodat(top.get(), "mounted", S_IFREG | 0600, 0) == 0, "mknodat");
             bind(where.path("kept/file"), child + "/mounted");
         }},
        {"a fifo in a child's place", true,
         [](const place&, const std::string& child) {
             must(::mkfifo(child.c_str(), 0600) == 0, child);
         }},
        {"a link in a child's place", true,
         [](const place&, const std::string& child) {
             must(::symlink("../kept", child.c_str()) == 0, child);
         }},
        {"a directory that no probe made", true,
         [](const place&, const std::string& child) {
             must(::mkdir(child.c_str(), 0700) == 0, child);
         }},
        {"another name", false,
         [](const place&, const std::string& child) {
             must(::mkdir((child + "0").c_str(), 01700) == 0, child);
         }},
    };
    figure left{"debris to be left, " + std::string{by.backend} +
                    (by.user_class ? ", rootless" : ", rootful"),
                "kinds", "untouched and named"};
    for (const obstacle& kind : kinds) {
        const place where{"mode=0755"};
        const ovl::report alone = by.survey(where.path(), {}, false);
        where.make("kept");
        must(::mknod(where.path("kept/file").c_str(), S_IFREG | 0600, 0) == 0, "mknod");
        where.make(parent_name(), 01700);
        kind.make(where, where.path(parent_name() + "/" + child_name));
        const auto told = survey_with_few_descriptors(by, where.path(), alone);
        const bool named = std::strstr(told.warning, child_name.c_str()) != nullptr;
        std::string wrong;
        if (told.wrong != 0)
            wrong = "other answers";
        else if (kind.named != named)
            wrong = named ? "named without need" : "not named";
        else if (names_in(where.path("kept")) != std::vector<std::string>{"file"})
            wrong = "something outside was removed";
        else if (names_in(where.path(parent_name())).size() != 1)
            wrong = "it is gone";
        left.add(wrong.empty() ? "" : kind.what + ": " + wrong);
    }
    return left.close();
}

/// What becomes of a directory while it is probed.
struct change {
    std::string what;
    const char* tmpfs;
    /// Whether it could be done.
    bool (*act)(const std::string& path);
    void (*undo)(const std::string& path);
};

bool fill(const std::string& path) {
    const ovl::unique_fd file{
        ::open((path + "/filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600)};
    if (!file)
        return errno == ENOSPC;
    const std::string block(4096, 'x');
    while (::write(file.get(), block.data(), block.size()) > 0) {
    }
    return errno == ENOSPC;
}

bool use_up_inodes(const std::string& path) {
    for (int i = 0; ::mknod((path + "/filler" + std::to_string(i)).c_str(), S_IFREG | 0600, 0) == 0;
         ++i) {
    }
    return errno == ENOSPC;
}

void remove_fillers(const std::string& path) {
    for (const std::string& name : names_in(path))
        if (name.starts_with("filler"))
            must(::unlink((path + "/" + name).c_str()) == 0, name);
}

/// The directory with all it holds.
bool remove_all(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    const auto above = open_directory(path.substr(0, slash));
    return ovl::remove_tree(ovl::posix_fs{}, above.get(), path.c_str() + slash + 1).has_value();
}

bool remount(const std::string& path, unsigned long flags) {
    return ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | flags, nullptr) == 0;
}

bool survives(const asker& by, const change& changed, int step) {
    figure survived{changed.what + " meanwhile, " + std::string{by.backend} +
                        (by.user_class ? ", rootless" : ", rootful"),
                    "surveys", "right or unknown, and clean"};
    const place around{changed.tmpfs};
    const std::string where = around.make("asked");
    const ovl::report alone = by.survey(where, {}, false);
    // A survey that begins after the change answers for the directory as it is then.
    must(changed.act(where), changed.what);
    const ovl::report afterwards = by.survey(where, {}, false);
    changed.undo(where);
    constexpr std::size_t room = 4096;
    auto* const told = static_cast<char*>(
        ::mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    must(told != MAP_FAILED, "mmap");
    unsigned long refused = 0;
    for (int n = step;; n += step) {
        told[0] = '\0';
        bool done = false;
        const bool reached = at_call(
            n,
            [&] {
                const auto found = by.survey(where, {}, false);
                const bool too_late = found.filesystem.has_value() && found.filesystem->read_only;
                const auto wrong = wrong_answers(found, too_late ? afterwards : alone, true);
                if (!wrong.empty())
                    std::strncpy(told, wrong.front().c_str(), room - 1);
            },
            [&] { done = changed.act(where); });
        if (!reached)
            break;
        std::string wrong = told;
        if (wrong.empty() && done && changed.undo == &remove_fillers)
            for (const std::string& name : names_in(where))
                if (!name.starts_with("filler"))
                    wrong = "left " + name;
        if (done)
            changed.undo(where);
        // What could not be removed then is swept now.
        static_cast<void>(by.survey(where, {}, false));
        if (wrong.empty() && !names_in(where).empty())
            wrong = "left for good: " + names_in(where).front();
        if (done)
            survived.add(wrong.empty() ? "" : "at call " + std::to_string(n) + ": " + wrong);
        else
            ++refused;
    }
    ::munmap(told, room);
    if (refused != 0)
        std::printf("%s: at %lu more calls the kernel did not let it happen\n",
                    changed.what.c_str(), refused);
    return survived.close();
}

bool survive_changes(const asker& by, int step) {
    const change changes[] = {
        {"gone", "mode=0755", &remove_all,
         [](const std::string& path) { must(::mkdir(path.c_str(), 0755) == 0, path); }},
        {"full of data", "mode=0755,size=1m", &fill, &remove_fillers},
        {"full of entries", "mode=0755,nr_inodes=400", &use_up_inodes, &remove_fillers},
        {"read-only", "mode=0755",
         [](const std::string& path) { return remount(path + "/..", MS_RDONLY); },
         [](const std::string& path) { must(remount(path + "/..", 0), "remount"); }},
    };
    bool all = true;
    for (const change& each : changes)
        all = survives(by, each, step) && all;
    return all;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: ovl-trust-debris rootful|rootless STEP\n");
        return 2;
    }
    const bool user_class = std::string_view{argv[1]} == "rootless";
    enter_stage(user_class);
    const std::size_t which = user_class ? 1 : 0;
    bool all = true;
    for (const asker& by : {ask_by_best[which], ask_by_classic[which]}) {
        all = sweeps(by) && all;
        all = leaves(by) && all;
        all = survive_changes(by, std::atoi(argv[2])) && all;
    }
    return all ? 0 : 1;
}
