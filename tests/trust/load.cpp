// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
//
// ovl-trust-load rootful|rootless PROCESSES SURVEYS THREADS SURVEYS: many surveys of one directory at once. Each must
// answer as a lone one does, and leave no descriptor, mount or file; together they must cost each processor no more
// than three times as much a survey.

#include "trust/asker.hpp"
#include "trust/place.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace ovl_trust;
using clock_type = std::chrono::steady_clock;

double milliseconds_since(clock_type::time_point start) {
    return std::chrono::duration<double, std::milli>(clock_type::now() - start).count();
}

/// What the workers tell, over processes.
struct tally {
    std::atomic<unsigned long> right{0};
    std::atomic<unsigned long> leaks{0};
    std::atomic<bool> complained{false};
    char complaint[1024]{};

    void complain(const std::string& what) {
        if (!complained.exchange(true))
            std::strncpy(complaint, what.c_str(), sizeof complaint - 1);
    }
};

struct load {
    asker by;
    std::string where;
    /// Neighbours ask with other options, so that an answer taken from the wrong one shows.
    ovl::report alone[2];

    void work(int worker, int surveys, tally& told) const {
        const bool redirecting = worker % 2 != 0;
        for (int i = 0; i < surveys; ++i) {
            const auto found = by.survey(where, {}, redirecting);
            auto wrong = wrong_answers(found, alone[redirecting ? 1 : 0], false);
            for (const ovl::failure& each : found.left_behind)
                wrong.push_back("left behind: " + each.subject);
            if (wrong.empty())
                ++told.right;
            else
                told.complain(wrong.front());
        }
    }
};

void in_processes(const load& wanted, int workers, int surveys, tally& told) {
    for (int worker = 0; worker < workers; ++worker) {
        const pid_t child = ::fork();
        must(child >= 0, "fork");
        if (child != 0)
            continue;
        const int before = open_descriptors();
        wanted.work(worker, surveys, told);
        told.leaks += open_descriptors() != before ? 1U : 0U;
        ::_exit(0);
    }
    for (int worker = 0; worker < workers; ++worker) {
        int status = 0;
        must(::wait(&status) > 0, "wait");
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            told.complain("a worker died");
    }
}

void in_threads(const load& wanted, int workers, int surveys, tally& told) {
    const int before = open_descriptors();
    std::vector<std::thread> threads;
    for (int worker = 0; worker < workers; ++worker)
        threads.emplace_back([&, worker] { wanted.work(worker, surveys, told); });
    for (std::thread& each : threads)
        each.join();
    told.leaks += open_descriptors() != before ? 1U : 0U;
}

/// Milliseconds of a lone survey: the median of many, of either kind.
double lone_cost(load& wanted) {
    std::vector<double> costs;
    for (int i = 0; i < 40; ++i) {
        const auto start = clock_type::now();
        wanted.alone[i % 2] = wanted.by.survey(wanted.where, {}, i % 2 != 0);
        costs.push_back(milliseconds_since(start));
    }
    std::nth_element(costs.begin(), costs.begin() + 20, costs.end());
    return costs[20];
}

using way = void (*)(const load&, int, int, tally&);

bool run(load& wanted, const std::string& what, way go, int workers, int surveys) {
    void* const shared =
        ::mmap(nullptr, sizeof(tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(shared != MAP_FAILED, "mmap");
    tally& told = *new (shared) tally;
    const double before = lone_cost(wanted);
    const std::string mounts = mount_table();
    const auto start = clock_type::now();
    go(wanted, workers, surveys, told);
    const double each = milliseconds_since(start) / (workers * surveys);
    const double lone = (before + lone_cost(wanted)) / 2;

    figure surveyed{"surveys, " + what, "made", "right"};
    surveyed.add(static_cast<unsigned long>(workers) * static_cast<unsigned long>(surveys),
                 told.right);
    surveyed.complain(told.complaint);
    surveyed.complain(told.leaks != 0 ? "descriptors were left open" : "");
    surveyed.complain(mounts != mount_table() ? "the mount table has changed" : "");
    for (const std::string& name : names_in(wanted.where))
        surveyed.complain("left in the directory: " + name);
    const auto cores = static_cast<double>(std::max(1U, std::thread::hardware_concurrency()));
    const double ratio = each * cores / lone;
    std::printf(
        "%s: %.2f ms a survey, %.2f ms alone on one of %.0f processors: %.2f times as much\n",
        what.c_str(), each, lone, cores, ratio);
    surveyed.complain(ratio > 3 ? "more than three times the cost of a lone survey" : "");
    return surveyed.close();
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 6) {
        std::fprintf(stderr,
                     "usage: ovl-trust-load rootful|rootless PROCESSES SURVEYS THREADS SURVEYS\n");
        return 2;
    }
    const std::string mode = argv[1];
    const bool user_class = mode == "rootless";
    enter_stage(user_class);
    const place where;
    const auto number = [&](int which) { return std::atoi(argv[which]); };
    load wanted{.by = ask_by_best[user_class ? 1 : 0], .where = where.path(), .alone = {}};
    const auto called = [&](int workers, int surveys, const char* of) {
        return std::to_string(workers) + " " + of + " x " + std::to_string(surveys) + ", " + mode;
    };
    const bool held =
        run(wanted, called(number(2), number(3), "processes"), &in_processes, number(2), number(3));
    return run(wanted, called(number(4), number(5), "threads"), &in_threads, number(4),
               number(5)) &&
                   held
               ? 0
               : 1;
}
