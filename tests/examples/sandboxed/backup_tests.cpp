// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox.hpp>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/mount.h>

namespace {

/// What this project tests: a snapshot of a directory that is mounted elsewhere.
bool snapshot_shows_the_directory() {
    const std::filesystem::path base = std::getenv("TMPDIR");
    for (const char* const name : {"data", "snapshot"})
        std::filesystem::create_directory(base / name);
    std::ofstream{base / "data" / "file"} << "content";
    if (::mount((base / "data").c_str(), (base / "snapshot").c_str(), nullptr, MS_BIND, nullptr) !=
        0)
        return false;
    return std::filesystem::exists(base / "snapshot" / "file");
}

} // namespace

int main(int, char** argv) {
    if (const auto refusal = ovl::sandbox::enter(ovl::sandbox::default_level(), argv)) {
        std::printf("skipped, no sandbox: %s\n", refusal->line().c_str());
        return std::getenv("CI") != nullptr ? 1 : 77;
    }
    if (!snapshot_shows_the_directory()) {
        std::puts("FAILED: snapshot_shows_the_directory");
        return 1;
    }
    std::puts("passed: snapshot_shows_the_directory");
}
