// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// memcheck_subject DIRECTORY: every question twice, through a detached mount and through mount(2), in the mode that fits. Gives
// back all it took, and fails where an answer is missing that this kernel has.

#include <ovl/ovl.hpp>

#include <cstdio>
#include <string>

namespace {

template <ovl::policies P>
bool is_answered(const char* directory) {
    const ovl::report found = ovl::survey<P>(directory);
    bool answered = !found.verdicts.empty();
    for (const ovl::verdict& each : found.verdicts)
        if (each.because == ovl::reason::step_failed) {
            std::printf("%s\n", each.why().c_str());
            answered = false;
        }
    std::printf("%s through %s: %zu answers\n", directory, std::string{found.backend}.c_str(),
                found.verdicts.size());
    if (const auto advice = ovl::recommend(found))
        std::printf("mount with: %s\n", advice->option_string().c_str());
    return answered;
}

} // namespace

int main(int argc, char** argv) {
    if (argc != 2)
        return 2;
    return ovl::with_detected(argv[1], [&](auto policies) {
        using X = typename decltype(policies)::xattr_class;
        const bool detached = is_answered<ovl::policy_set<X, ovl::fsopen_mount, ovl::posix_fs>>(argv[1]);
        const bool classic = is_answered<ovl::policy_set<X, ovl::classic_mount, ovl::posix_fs>>(argv[1]);
        return detached && classic ? 0 : 1;
    });
}
