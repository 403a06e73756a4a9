// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-trust-survey-once DIRECTORY MODE
//
// Says `ready`, waits for a line, and asks every question once: for a tracer that comes in between, and so meets
// no call of the loader's. Prints a line for each answer, and the descriptors that have leaked. MODE is root or
// user-namespace.

#include "trust/deeds.hpp"
#include "trust/place.hpp"

#include <cstdio>
#include <string>
#include <string_view>
#include <sys/prctl.h>

int main(int argc, char** argv) {
    using namespace ovl_trust;
    if (argc != 3) {
        std::fprintf(stderr, "usage: ovl-trust-survey-once DIRECTORY root|user-namespace\n");
        return 2;
    }
    const bool user_namespace = std::string_view{argv[2]} == "user-namespace";
    enter_stage(user_namespace);
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    const std::string before = mount_table();
    const int descriptors = open_descriptors();
    std::puts("ready");
    std::fflush(stdout);
    if (std::getchar() == EOF)
        return 2;
    const verdicts found =
        by_fsopen[user_namespace ? 1 : 0].ask(argv[1], all_capabilities(), nullptr);
    // What follows is not to be failed: whoever traces sees this, and goes.
    std::puts("done");
    std::fflush(stdout);
    if (std::getchar() == EOF)
        return 2;
    for (const ovl::verdict& each : found)
        std::printf("%s %s %d %s\n", std::string{ovl::describe(each.asked).key}.c_str(),
                    std::string{name(each.is)}.c_str(),
                    each.evidence.has_value() ? each.evidence->error_number : -1,
                    each.why().c_str());
    std::printf("leaked %d\n", open_descriptors() - descriptors);
    return mount_table() == before ? 0 : 1;
}
