// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/refuse_calls.hpp"

#include <ovl/policies.hpp>
#include <ovl/probe/run.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/old_kernel.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <cstdlib>
#include <sched.h>
#include <string>
#include <sys/mount.h>

namespace ovl_test {

/// What a probe answers about TMPDIR in a child in which `arrange` was done first, which may be
/// something that cannot be undone: `no new-mount-api-missing`, with the value where there is one.
template <ovl::policies P, class Q, class Arrange>
[[nodiscard]] std::string answer_after(Arrange arrange) {
    const auto ended = ovl::sandbox::run_in_child([&] {
        if (!arrange()) {
            std::perror("cannot arrange it");
            return 1;
        }
        const char* const directory = std::getenv("TMPDIR");
        const ovl::verdict found =
            ovl::run<P, Q>(directory != nullptr ? directory : "/tmp").front();
        std::printf("%s %s", std::string{name(found.is)}.c_str(),
                    std::string{describe(found.because).name}.c_str());
        if (found.value.has_value())
            std::printf(" %lu", static_cast<unsigned long>(*found.value));
        std::fprintf(stderr, "%s\n", found.why().c_str());
        return 0;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST_MESSAGE(ended.value().errors);
    return ended.value().exited_with(0) ? ended.value().output
                                        : ended.value().describe() + ended.value().errors;
}

/// On a kernel before 5.2, as far as mounting goes.
[[nodiscard]] inline bool on_old_kernel() {
    return ovl::sandbox::deny_new_mount_calls() == 0;
}
[[nodiscard]] inline bool as_it_is() {
    return true;
}
/// Takes /proc from this process: an empty tmpfs lies over it.
[[nodiscard]] inline bool without_proc() {
    return ::unshare(CLONE_NEWNS) == 0 && ::mount("tmpfs", "/proc", "tmpfs", 0, nullptr) == 0;
}

} // namespace ovl_test
