// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// Mounting and unmounting overlays of 1 to 500 layers: through the library, with checked options
// and with a plain request, and by the same system calls by hand.

#include <ovl/detail/kernel_calls.hpp>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/mount/overlay_mount.hpp>

#include <algorithm>
#include <benchmark/benchmark.h>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace {

/// The layers' directories, made once on a tmpfs that goes with the process.
class tree {
  public:
    static const tree& get() {
        static const tree made;
        return made;
    }

    [[nodiscard]] std::vector<std::string> lower(std::size_t count) const {
        return {layers_.begin(), layers_.begin() + static_cast<std::ptrdiff_t>(count)};
    }
    std::string upper = "/tmp/upper";
    std::string work = "/tmp/work";

  private:
    tree() {
        if (::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) != 0) {
            std::perror("a tmpfs on /tmp");
            std::exit(1);
        }
        for (const std::string& each : {upper, work})
            ::mkdir(each.c_str(), 0755);
        for (int i = 0; i != 500; ++i) {
            layers_.push_back("/tmp/a-layer-with-a-name-of-some-length-" + std::to_string(i));
            ::mkdir(layers_.back().c_str(), 0755);
        }
    }
    std::vector<std::string> layers_;
};

/// Removes what stops a volatile mount from being made again; not timed.
void clear_work() {
    const std::string work = tree::get().work + "/work";
    ::chmod(work.c_str(), 0700);
    ::unlink((work + "/incompat/volatile/dirty").c_str());
    ::rmdir((work + "/incompat/volatile").c_str());
    ::rmdir((work + "/incompat").c_str());
}

void stop(benchmark::State& state, const ovl::failure& failed) {
    state.SkipWithError(
        (std::string{failed.call} + ": " + failed.subject + ": " + failed.explanation).c_str());
}

template <class Mount>
void measure(benchmark::State& state, Mount mount_and_unmount) {
    for (auto _ : state) {
        mount_and_unmount();
        state.PauseTiming();
        clear_work();
        state.ResumeTiming();
    }
    state.SetComplexityN(state.range(0));
}

void by_hand(benchmark::State& state) {
    namespace kernel = ovl::detail;
    const auto lower = tree::get().lower(static_cast<std::size_t>(state.range(0)));
    const tree& here = tree::get();
    std::string all;
    for (const std::string& each : lower)
        all += (all.empty() ? "" : ":") + each;
    measure(state, [&] {
        const int context = kernel::fsopen("overlay", kernel::fsopen_cloexec);
        const auto set = [&](const char* key, const std::string& value) {
            kernel::fsconfig(context, kernel::fsconfig_command::set_string, key, value.c_str(), 0);
        };
        if (all.size() <= kernel::fsconfig_limit)
            set("lowerdir", all);
        else
            for (const std::string& each : lower)
                set("lowerdir+", each);
        set("upperdir", here.upper);
        set("workdir", here.work);
        kernel::fsconfig(context, kernel::fsconfig_command::set_flag, "userxattr", nullptr, 0);
        kernel::fsconfig(context, kernel::fsconfig_command::set_flag, "volatile", nullptr, 0);
        if (kernel::fsconfig(context, kernel::fsconfig_command::create, nullptr, nullptr, 0) != 0)
            state.SkipWithError("fsconfig");
        const int root = kernel::fsmount(context, kernel::fsmount_cloexec, 0);
        ::close(context);
        ::close(root);
    });
}

void plain_request(benchmark::State& state) {
    const auto paths = tree::get().lower(static_cast<std::size_t>(state.range(0)));
    const std::vector<ovl::mount_parameter> parameters{{"userxattr", nullptr},
                                                       {"volatile", nullptr}};
    std::vector<ovl::layer> lower;
    for (const std::string& each : paths)
        lower.push_back({.path = each});
    const ovl::mount_request request{.lower = lower,
                                     .upper = ovl::layer{.path = tree::get().upper},
                                     .work = ovl::layer{.path = tree::get().work},
                                     .parameters = parameters};
    measure(state, [&] {
        const auto made = ovl::owned_mount::make(ovl::best_mount{}, request);
        if (!made.has_value())
            stop(state, made.error());
    });
}

void typed_options(benchmark::State& state) {
    const auto paths = tree::get().lower(static_cast<std::size_t>(state.range(0)));
    ovl::mount_options options{
        .upperdir = tree::get().upper, .workdir = tree::get().work, .is_volatile = true};
    options.lowerdir.assign(paths.begin(), paths.end());
    measure(state, [&] {
        const auto made = ovl::overlay_mount<ovl::rootless>::make(options);
        if (!made.has_value())
            stop(state, made.error());
    });
}

void sizes(benchmark::internal::Benchmark* which) {
    which->Arg(1)->Arg(10)->Arg(100)->Arg(500)->Unit(benchmark::kMicrosecond);
    which->Complexity(benchmark::oN);
    // The least of several runs, so that a busy machine does not decide.
    which->ComputeStatistics("least", [](const std::vector<double>& runs) {
        return *std::min_element(runs.begin(), runs.end());
    });
}

BENCHMARK(by_hand)->Apply(sizes);
BENCHMARK(plain_request)->Apply(sizes);
BENCHMARK(typed_options)->Apply(sizes);

} // namespace

int main(int argc, char** argv) {
    if (::geteuid() == 0 ? ::unshare(CLONE_NEWNS) != 0 ||
                               ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
                         : ovl::enter_user_namespace().has_value()) {
        std::fputs("ovl-bench-mounts: no mount namespace of its own is to be had\n", stderr);
        return 77;
    }
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
