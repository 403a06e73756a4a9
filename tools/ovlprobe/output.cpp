// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "output.hpp"

#include "plain_text.hpp"

#include <ovl/core/unique_fd.hpp>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace ovlprobe {

namespace {

std::string complaint(std::string_view what, int error_number) {
    return fmt::format("{}: {}", what, std::strerror(error_number));
}

/// 0, or an errno.
int write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(fd, text.data(), text.size());
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return 0;
}

bool is_special(const std::string& file) {
    struct stat found {};
    return ::stat(file.c_str(), &found) == 0 && !S_ISREG(found.st_mode);
}

/// `file` with its symbolic links followed, so that what is renamed over is what they lead to.
std::string resolved(const std::string& file) {
    const std::unique_ptr<char, decltype(&std::free)> path{::realpath(file.c_str(), nullptr),
                                                           &std::free};
    return path ? std::string{path.get()} : file;
}

std::string directory_part(const std::string& file) {
    const std::size_t slash = file.rfind('/');
    return slash == std::string::npos ? "." : file.substr(0, slash + 1);
}

std::optional<std::string> write_in_place(const std::string& file, std::string_view text) {
    const ovl::unique_fd target{::open(file.c_str(), O_WRONLY | O_CLOEXEC)};
    const int error = target ? write_all(target.get(), text) : errno;
    if (error != 0)
        return complaint("--output " + printable(file), error);
    return std::nullopt;
}

} // namespace

std::optional<std::string> write_to_standard_output(std::string_view text) {
    if (const int error = write_all(STDOUT_FILENO, text); error != 0)
        return complaint("standard output", error);
    return std::nullopt;
}

std::optional<std::string> write_to_file(const std::string& file, std::string_view text) {
    if (is_special(file))
        return write_in_place(file, text);
    const std::string target = resolved(file);
    const std::string name = target.substr(target.rfind('/') + 1);
    // A dot-file, which the readers of such directories pass over.
    std::string aside = directory_part(target) +
                        (target.find('/') == std::string::npos ? "/." : ".") + name + ".XXXXXX";
    const ovl::unique_fd file_aside{::mkostemp(aside.data(), O_CLOEXEC)};
    if (!file_aside)
        return complaint("--output " + printable(file), errno);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    int error = write_all(file_aside.get(), text);
    if (error == 0 &&
        (::fchmod(file_aside.get(), 0666 & ~mask) != 0 || ::fsync(file_aside.get()) != 0 ||
         ::rename(aside.c_str(), target.c_str()) != 0))
        error = errno;
    if (error == 0)
        return std::nullopt;
    ::unlink(aside.c_str());
    return complaint("--output " + printable(file), error);
}

std::optional<std::string> check_writable(const std::string& file) {
    struct stat found {};
    if (::stat(file.c_str(), &found) == 0 && S_ISDIR(found.st_mode))
        return complaint("--output " + printable(file), EISDIR);
    const std::string where = is_special(file) ? file : directory_part(resolved(file));
    if (::access(where.c_str(), W_OK) != 0)
        return complaint("--output " + printable(file), errno);
    return std::nullopt;
}

} // namespace ovlprobe
