// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-bench-allocations DIRECTORY
//
// Counts what mounting allocates with 100 and with 500 lower layers, on a tmpfs on DIRECTORY that only it sees, and
// prints both numbers. Exits 1 where the layers beyond the first hundred have cost any allocation of their own, 77
// where nothing can be mounted here.

#include "place.hpp"

#include <ovl/mount/overlay_mount.hpp>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace {

long allocations = 0;

/// What a mount of so many layers allocates; negative where it cannot be made.
long allocations_of_mount(const std::string& directory, int layers) {
    ovl::mount_options options{.upperdir = directory + "/upper", .workdir = directory + "/work"};
    for (int i = 0; i != layers; ++i) {
        options.lowerdir.emplace_back(directory + "/a-lower-layer-" + std::to_string(i));
        ::mkdir(options.lowerdir.back().path().c_str(), 0755);
    }
    for (const auto& each : {options.upperdir, options.workdir})
        ::mkdir(each->path().c_str(), 0755);
    const long before = allocations;
    const auto made = ovl::overlay_mount<ovl::rootless>::make(std::move(options));
    const long after = allocations;
    if (!made.has_value())
        std::fprintf(stderr, "ovl-bench-allocations: %s\n", made.error().subject.c_str());
    else if (made.value().how().layers_by != "lowerdir+") {
        std::printf("skipped: this kernel takes lower layers in one string alone\n");
        std::exit(77);
    }
    return made.has_value() ? after - before : -1;
}

} // namespace

void* operator new(std::size_t size) {
    ++allocations;
    if (void* const made = std::malloc(size))
        return made;
    std::abort();
}
void operator delete(void* made) noexcept {
    std::free(made);
}
void operator delete(void* made, std::size_t) noexcept {
    std::free(made);
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: ovl-bench-allocations DIRECTORY\n");
        return 2;
    }
    if (const std::string refused = ovl_bench::mount_place("tmpfs", argv[1], ::geteuid() != 0);
        !refused.empty()) {
        std::printf("skipped: %s\n", refused.c_str());
        return 77;
    }
    const long hundred = allocations_of_mount(argv[1], 100);
    const long five_hundred = allocations_of_mount(argv[1], 500);
    std::printf("%ld %ld\n", hundred, five_hundred);
    return hundred >= 0 && five_hundred == hundred ? 0 : 1;
}
