// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// Mounting and unmounting overlays of 1 to 500 layers: through the library, with checked options
// and with a plain request, and by the same system calls by hand. `--pairs ROUNDS` times the three in turn
// instead, and prints the nanoseconds of each by its name, as JSON.

#include <ovl/detail/kernel_calls.hpp>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/mount/overlay_mount.hpp>

#include <algorithm>
#include <array>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
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

std::string words_of(const ovl::failure& failed) {
    return std::string{failed.call} + ": " + failed.subject + ": " + failed.explanation;
}

/// Each mounts and unmounts once when it is called, and returns what went wrong, if anything did.
class by_hand {
  public:
    explicit by_hand(std::size_t layers) : lower_{tree::get().lower(layers)} {
        for (const std::string& each : lower_)
            all_ += (all_.empty() ? "" : ":") + each;
    }

    std::string operator()() const {
        namespace kernel = ovl::detail;
        const int context = kernel::fsopen("overlay", kernel::fsopen_cloexec);
        const auto set = [&](const char* key, const std::string& value) {
            kernel::fsconfig(context, kernel::fsconfig_command::set_string, key, value.c_str(), 0);
        };
        if (all_.size() <= kernel::fsconfig_limit)
            set("lowerdir", all_);
        else
            for (const std::string& each : lower_)
                set("lowerdir+", each);
        set("upperdir", tree::get().upper);
        set("workdir", tree::get().work);
        kernel::fsconfig(context, kernel::fsconfig_command::set_flag, "userxattr", nullptr, 0);
        kernel::fsconfig(context, kernel::fsconfig_command::set_flag, "volatile", nullptr, 0);
        const bool made =
            kernel::fsconfig(context, kernel::fsconfig_command::create, nullptr, nullptr, 0) == 0;
        const int root = kernel::fsmount(context, kernel::fsmount_cloexec, 0);
        ::close(context);
        ::close(root);
        return made ? "" : "fsconfig";
    }

  private:
    std::vector<std::string> lower_;
    std::string all_{};
};

class plain_request {
  public:
    explicit plain_request(std::size_t layers) : paths_{tree::get().lower(layers)} {
        for (const std::string& each : paths_)
            lower_.push_back({.path = each});
    }

    std::string operator()() const {
        static constexpr std::array parameters{ovl::mount_parameter{"userxattr", nullptr},
                                               ovl::mount_parameter{"volatile", nullptr}};
        const ovl::mount_request request{.lower = lower_,
                                         .upper = ovl::layer{.path = tree::get().upper},
                                         .work = ovl::layer{.path = tree::get().work},
                                         .parameters = parameters};
        const auto made = ovl::owned_mount::make(ovl::best_mount{}, request);
        return made.has_value() ? "" : words_of(made.error());
    }

  private:
    std::vector<std::string> paths_;
    std::vector<ovl::layer> lower_{};
};

class typed_options {
  public:
    explicit typed_options(std::size_t layers)
        : options_{
              .upperdir = tree::get().upper, .workdir = tree::get().work, .is_volatile = true} {
        const auto paths = tree::get().lower(layers);
        options_.lowerdir.assign(paths.begin(), paths.end());
    }

    std::string operator()() const {
        const auto made = ovl::overlay_mount<ovl::rootless>::make(options_);
        return made.has_value() ? "" : words_of(made.error());
    }

  private:
    ovl::mount_options options_;
};

constexpr std::array sizes{1, 10, 100, 500};

template <class Mount>
void measure(benchmark::State& state) {
    const Mount mount_and_unmount{static_cast<std::size_t>(state.range(0))};
    for (auto _ : state) {
        if (const std::string wrong = mount_and_unmount(); !wrong.empty())
            state.SkipWithError(wrong.c_str());
        state.PauseTiming();
        clear_work();
        state.ResumeTiming();
    }
    state.SetComplexityN(state.range(0));
}

void with_sizes(benchmark::internal::Benchmark* which) {
    for (const int size : sizes)
        which->Arg(size);
    which->Unit(benchmark::kMicrosecond)->Complexity(benchmark::oN);
}

BENCHMARK(measure<by_hand>)->Name("by_hand")->Apply(with_sizes);
BENCHMARK(measure<plain_request>)->Name("plain_request")->Apply(with_sizes);
BENCHMARK(measure<typed_options>)->Name("typed_options")->Apply(with_sizes);

/// Times one mount and unmount. Returns what went wrong, if anything did.
template <class Mount>
std::string time_once(nlohmann::json& samples, const std::string& name, const Mount& mount) {
    const auto began = std::chrono::steady_clock::now();
    std::string wrong = mount();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
    clear_work();
    samples[name].push_back(took.count());
    return wrong;
}

/// In turn, the first being another in each round, so that all meet the same weather.
int print_pairs(int rounds) {
    nlohmann::json samples = nlohmann::json::object();
    for (const int size : sizes) {
        const auto layers = static_cast<std::size_t>(size);
        const by_hand floor{layers};
        const plain_request plain{layers};
        const typed_options typed{layers};
        const auto named = [&](const char* what) {
            return std::string{what} + ", " + std::to_string(size) + " layers";
        };
        for (int round = 0; round < 3 * rounds; ++round)
            for (int turn = 0; turn != 3; ++turn) {
                const int which = (round + turn) % 3;
                const std::string wrong = which == 0   ? time_once(samples, named("by hand"), floor)
                                          : which == 1 ? time_once(samples, named("plain"), plain)
                                                       : time_once(samples, named("typed"), typed);
                if (!wrong.empty()) {
                    std::fprintf(stderr, "ovl-bench-mounts: %s\n", wrong.c_str());
                    return 1;
                }
            }
    }
    std::puts(nlohmann::json{{"samples", samples}}.dump().c_str());
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    if (::geteuid() == 0 ? ::unshare(CLONE_NEWNS) != 0 ||
                               ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0
                         : ovl::enter_user_namespace().has_value()) {
        std::fputs("ovl-bench-mounts: no mount namespace of its own is to be had\n", stderr);
        return 77;
    }
    if (argc == 3 && std::strcmp(argv[1], "--pairs") == 0)
        return print_pairs(std::atoi(argv[2]));
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
