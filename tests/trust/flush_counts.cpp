// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// Linked where coverage is counted, with --wrap=_exit: the counts of a child that ends by _exit(2) are written, which
// libgcov does in exit(3) alone. Those of one that ends by the bare exit_group(2) are not: its parent kills it, which
// would leave a file half written.

#include <boost/throw_exception.hpp>

#include <cstdio>
#include <cstdlib>

extern "C" {
void __gcov_dump();
void __gcov_reset();
[[noreturn]] void __real__exit(int status);

namespace {

/// Where a call that files are read by is refused, libgcov would take what all others counted for nothing, and write
/// over it.
bool files_can_be_read() {
    std::FILE* const file = std::fopen("/proc/self/exe", "r");
    if (file == nullptr)
        return false;
    const bool read = std::fseek(file, 1, SEEK_SET) == 0 && std::fgetc(file) == 'E';
    std::fclose(file);
    return read;
}

void write_counts() {
    if (!files_can_be_read())
        return;
    __gcov_dump();
    __gcov_reset();
}

} // namespace

[[noreturn]] void __wrap__exit(int status) {
    write_counts();
    __real__exit(status);
}
}

// The program is built without exceptions, whose branches would be counted; Boost's headers ask for
// these then.
namespace boost {

[[noreturn]] void throw_exception(const std::exception&) {
    std::abort();
}
[[noreturn]] void throw_exception(const std::exception&, const source_location&) {
    std::abort();
}

} // namespace boost
