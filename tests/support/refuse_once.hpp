// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/tracer.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <initializer_list>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace ovl_test {

/// Whether `body`, run in a forked child, is true while the first of these system calls that it makes fails once, and
/// it came to one. With `path` only a call counts whose second argument is a path that contains it.
template <class Body>
[[nodiscard]] bool holds_where_one_fails(std::initializer_list<long> calls, int error_number,
                                         Body body, std::string_view path = {}) {
    bool failed = false;
    const int ended = ovl_trust::trace(
        [&] { ::_exit(body() ? 0 : 1); }, {},
        [&](const ovl_trust::pending_call& call, int& error) {
            if (failed || std::find(calls.begin(), calls.end(), call.number()) == calls.end() ||
                (!path.empty() && call.text(1).find(path) == std::string::npos))
                return ovl_trust::fate::made;
            failed = true;
            error = error_number;
            return ovl_trust::fate::refused;
        });
    return failed && WIFEXITED(ended) && WEXITSTATUS(ended) == 0;
}

/// Whether a tracer can refuse a system call here: not in User-Mode Linux, which traces its own processes so.
struct needs_calls_to_be_refused {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
        boost::test_tools::assertion_result can{holds_where_one_fails(
            {SYS_getppid}, ENFILE, [] { return ::syscall(SYS_getppid) == -1 && errno == ENFILE; })};
        if (!can)
            can.message() << "needs a tracer that can refuse system calls";
        return can;
    }
};

} // namespace ovl_test
