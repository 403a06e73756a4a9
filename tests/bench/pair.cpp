// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "pair_by_hand.hpp"

#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/native_diff.hpp>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

/// The pair of checks through `run` against the same system calls written out by hand.
///
///     pair [DIR...] [--dirty] [--check] [--benchmark_...]
///
/// On a fresh tmpfs, and in each DIR. --dirty also times runs in each DIR with 1 GiB of unwritten
/// data on the same filesystem. --check ends with status 1 where a ratio on tmpfs is above 1.2, or a
/// run over dirty data takes 10 ms.
namespace {

constexpr double highest_ratio = 1.2;
constexpr double longest_dirty_run_ms = 10;

template <ovl::policies P>
bool ask_pair(const std::string& where) {
    const auto found = ovl::run<P, ovl::native_diff, ovl::metacopy_active>(where);
    return found[0] == ovl::answer::yes && found[1] == ovl::answer::no;
}

template <ovl::policies P>
bool ask_pair_by_hand(const std::string& where) {
    using X = typename P::xattr_class;
    return pair_by_hand(where.c_str(), ovl::overlay_xattr<X, "opaque">,
                        ovl::overlay_xattr<X, "metacopy">, X::userxattr ? 1 : 0) == 0;
}

template <bool (*ask)(const std::string&)>
void measure(benchmark::State& state, const std::string& where) {
    for (auto _ : state)
        if (!ask(where)) {
            state.SkipWithError("the pair was not answered yes and no");
            break;
        }
}

/// Keeps the shortest of all the repetitions of each benchmark: what is above it is other work on the
/// machine. Prints none of them.
class shortest_times : public benchmark::BenchmarkReporter {
  public:
    bool ReportContext(const Context&) override { return true; }
    void ReportRuns(const std::vector<Run>& runs) override {
        for (const Run& run : runs) {
            if (run.run_type != Run::RT_Iteration)
                continue;
            if (run.error_occurred)
                std::fprintf(stderr, "%s: %s\n", run.run_name.function_name.c_str(),
                             run.error_message.c_str());
            auto& shortest = times_.try_emplace(run.run_name.function_name, 1e9).first->second;
            shortest = std::min(shortest, run.error_occurred ? 1e9 : run.GetAdjustedRealTime());
        }
    }
    /// In µs; 0 where it did not run.
    [[nodiscard]] double of(const std::string& name) const {
        const auto found = times_.find(name);
        return found == times_.end() || found->second >= 1e9 ? 0 : found->second;
    }

  private:
    std::map<std::string, double> times_;
};

template <ovl::policies P>
void add_benchmarks(const std::string& where) {
    for (auto* const made :
         {benchmark::RegisterBenchmark(("run " + where).c_str(), measure<ask_pair<P>>, where),
          benchmark::RegisterBenchmark(("by hand " + where).c_str(), measure<ask_pair_by_hand<P>>,
                                       where)})
        made->Unit(benchmark::kMicrosecond)->Iterations(1)->Repetitions(500);
}

/// The milliseconds of the shortest of five runs while 1 GiB waits to be written; below 0 where it failed.
template <ovl::policies P>
double time_over_dirty_data(const std::string& where) {
    const std::string name = where + "/ovl-bench-dirty";
    const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    const std::string chunk(1 << 20, 'x');
    bool written = file >= 0;
    for (int i = 0; written && i < 1024; ++i)
        written = ::write(file, chunk.data(), chunk.size()) == static_cast<ssize_t>(chunk.size());
    bool asked = written;
    double shortest = 1e9;
    for (int i = 0; asked && i < 5; ++i) {
        const auto start = std::chrono::steady_clock::now();
        asked = ask_pair<P>(where);
        const std::chrono::duration<double, std::milli> took =
            std::chrono::steady_clock::now() - start;
        shortest = std::min(shortest, took.count());
    }
    ::close(file);
    ::unlink(name.c_str());
    return asked ? shortest : -1;
}

struct wishes {
    std::vector<std::string> directories;
    bool dirty = false;
    bool check = false;
};

template <ovl::policies P>
int measure_all(const wishes& wanted) {
    for (const std::string& where : wanted.directories)
        add_benchmarks<P>(where);
    shortest_times times;
    benchmark::RunSpecifiedBenchmarks(&times);
    bool good = true;
    for (const std::string& where : wanted.directories) {
        const double run = times.of("run " + where);
        const double by_hand = times.of("by hand " + where);
        const double ratio = by_hand > 0 ? run / by_hand : 0;
        std::printf("%s: run %.1f us, by hand %.1f us, ratio %.3f\n", where.c_str(), run, by_hand,
                    ratio);
        good =
            good && ratio > 0 && (&where != &wanted.directories.front() || ratio <= highest_ratio);
        if (!wanted.dirty || &where == &wanted.directories.front())
            continue;
        const double took = time_over_dirty_data<P>(where);
        std::printf("%s: a run over 1 GiB of dirty data %.2f ms\n", where.c_str(), took);
        good = good && took >= 0 && took < longest_dirty_run_ms;
    }
    return good || !wanted.check ? 0 : 1;
}

/// A tmpfs of its own in a mount namespace of its own; empty where that is refused.
std::string mount_tmpfs() {
    char path[] = "/tmp/ovl-bench-XXXXXX";
    if (::mkdtemp(path) == nullptr || ::mount("tmpfs", path, "tmpfs", 0, "mode=0755") != 0)
        return {};
    return path;
}

bool is_root_with_mounts() {
    return ::geteuid() == 0 && ::unshare(CLONE_NEWNS) == 0 &&
           ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

} // namespace

int main(int argc, char** argv) {
    // So that both meet the same weather.
    std::string interleaved = "--benchmark_enable_random_interleaving=true";
    std::vector<char*> arguments(argv, argv + argc);
    arguments.insert(arguments.begin() + 1, interleaved.data());
    argc = static_cast<int>(arguments.size());
    benchmark::Initialize(&argc, arguments.data());
    wishes wanted;
    for (const std::string_view argument :
         std::vector<std::string_view>(arguments.begin() + 1, arguments.begin() + argc)) {
        if (argument == "--dirty")
            wanted.dirty = true;
        else if (argument == "--check")
            wanted.check = true;
        else if (argument.starts_with("-")) {
            std::fprintf(stderr, "unknown option '%s': --dirty, --check, --benchmark_...\n",
                         std::string{argument}.c_str());
            return 2;
        } else
            wanted.directories.emplace_back(argument);
    }
    const bool root = is_root_with_mounts();
    if (!root)
        if (const auto refused = ovl::enter_user_namespace()) {
            std::fprintf(stderr, "no user namespace to mount in: %s\n", refused->line().c_str());
            return 1;
        }
    const std::string own = mount_tmpfs();
    if (own.empty()) {
        std::perror("a tmpfs in /tmp");
        return 1;
    }
    wanted.directories.insert(wanted.directories.begin(), own);
    const bool inside = ovl::running_in_user_namespace().value_or(true);
    const int status =
        inside ? measure_all<ovl::rootless>(wanted) : measure_all<ovl::rootful>(wanted);
    ::umount2(own.c_str(), 0);
    ::rmdir(own.c_str());
    return status;
}
