// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/core/unique_fd.hpp>
#include <ovl/detail/retry.hpp>

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace ovl::detail {

/// The whole text of a small file such as those of /proc and /sys, whose size stat(2) does not
/// tell. Fails with the errno of open(2) or read(2), the path as the subject.
[[nodiscard]] inline result<std::string> read_text(const char* path) {
    const auto failed = [path](std::string_view call, int error_number) {
        return fail({.where = step::read_facts,
                     .call = call,
                     .error_number = error_number,
                     .subject = path,
                     .kernel_message = {}});
    };
    const unique_fd file{retry([&] { return ::open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY); })};
    if (!file)
        return failed("open", errno);
    std::string text;
    char buffer[4096];
    for (;;) {
        const ssize_t got = retry([&] { return ::read(file.get(), buffer, sizeof buffer); });
        if (got < 0)
            return failed("read", errno);
        if (got == 0)
            return text;
        text.append(buffer, static_cast<std::size_t>(got));
    }
}

} // namespace ovl::detail
