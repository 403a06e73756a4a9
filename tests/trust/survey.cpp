// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
//
// ovl-trust-survey best|fsopen|classic|libmount rootful|rootless DIR: every answer, a line each, as a program with
// privileges of its own would get them; rootless ones in a user namespace.

#include "trust/asker.hpp"
#include "trust/place.hpp"

#include <cstdio>
#include <cstring>

int main(int argc, char** argv) {
    const bool user_class = argc == 4 && std::strcmp(argv[2], "rootless") == 0;
    if (argc == 4)
        for (const ovl_trust::asker& by : ovl_trust::every_asker(user_class))
            if (by.backend == argv[1]) {
                if (user_class)
                    ovl_trust::enter_stage(true);
                for (const ovl::verdict& found : by.survey(argv[3], {}, false).verdicts)
                    std::puts(ovl_trust::answer_of(found).c_str());
                return 0;
            }
    std::fprintf(stderr,
                 "usage: ovl-trust-survey best|fsopen|classic|libmount rootful|rootless DIR\n");
    return 2;
}
