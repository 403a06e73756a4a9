// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-bench-probes TYPE DIRECTORY rootful|rootless [--benchmark_...]
//
// Times each probe on its own, on a fresh filesystem of TYPE that only this process sees.

#include "ask.hpp"
#include "place.hpp"

#include <benchmark/benchmark.h>
#include <cstdio>
#include <string>

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (argc != 4) {
        std::fprintf(stderr, "usage: ovl-bench-probes TYPE DIRECTORY rootful|rootless "
                             "[--benchmark_...]\n");
        return 2;
    }
    const std::string directory = argv[2];
    const bool rootless = std::string{argv[3]} == "rootless";
    if (const std::string refused = ovl_bench::mount_place(argv[1], directory, rootless);
        !refused.empty()) {
        std::fprintf(stderr, "ovl-bench-probes: %s\n", refused.c_str());
        return 77;
    }
    const ovl_bench::asker& asked = rootless ? ovl_bench::as_rootless : ovl_bench::as_rootful;
    const auto keys = asked.keys();
    for (std::size_t i = 0; i < keys.size(); ++i)
        benchmark::RegisterBenchmark(keys[i].c_str(),
                                     [&, i](benchmark::State& state) {
                                         for (auto _ : state)
                                             if (!asked.single(directory, i)) {
                                                 state.SkipWithError("unknown here");
                                                 break;
                                             }
                                     })
            ->Unit(benchmark::kMicrosecond)
            ->UseRealTime();
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
