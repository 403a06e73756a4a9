// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

namespace ovl::detail {

struct errno_entry {
    int number;
    std::string_view name;
};

/// Every errno that a call made by this library can give, by name: strerrorname_np is glibc's
/// alone.
inline constexpr std::array errno_names{
    errno_entry{E2BIG, "E2BIG"},         errno_entry{EACCES, "EACCES"},
    errno_entry{EAGAIN, "EAGAIN"},       errno_entry{EBADF, "EBADF"},
    errno_entry{EBUSY, "EBUSY"},         errno_entry{ECHILD, "ECHILD"},
    errno_entry{EDQUOT, "EDQUOT"},       errno_entry{EEXIST, "EEXIST"},
    errno_entry{EFAULT, "EFAULT"},       errno_entry{EFBIG, "EFBIG"},
    errno_entry{EHOSTDOWN, "EHOSTDOWN"}, errno_entry{EINTR, "EINTR"},
    errno_entry{EINVAL, "EINVAL"},       errno_entry{EIO, "EIO"},
    errno_entry{EISDIR, "EISDIR"},       errno_entry{ELOOP, "ELOOP"},
    errno_entry{EMFILE, "EMFILE"},       errno_entry{EMLINK, "EMLINK"},
    errno_entry{EMSGSIZE, "EMSGSIZE"},   errno_entry{ENAMETOOLONG, "ENAMETOOLONG"},
    errno_entry{ENFILE, "ENFILE"},       errno_entry{ENODATA, "ENODATA"},
    errno_entry{ENODEV, "ENODEV"},       errno_entry{ENOENT, "ENOENT"},
    errno_entry{ENOEXEC, "ENOEXEC"},     errno_entry{ENOLCK, "ENOLCK"},
    errno_entry{ENOMEM, "ENOMEM"},       errno_entry{ENOSPC, "ENOSPC"},
    errno_entry{ENOSYS, "ENOSYS"},       errno_entry{ENOTBLK, "ENOTBLK"},
    errno_entry{ENOTDIR, "ENOTDIR"},     errno_entry{ENOTEMPTY, "ENOTEMPTY"},
    errno_entry{ENOTSUP, "ENOTSUP"},     errno_entry{ENOTTY, "ENOTTY"},
    errno_entry{ENXIO, "ENXIO"},         errno_entry{EOVERFLOW, "EOVERFLOW"},
    errno_entry{EREMOTE, "EREMOTE"},     errno_entry{EPERM, "EPERM"},         errno_entry{EPIPE, "EPIPE"},
    errno_entry{ERANGE, "ERANGE"},       errno_entry{EREMOTEIO, "EREMOTEIO"},
    errno_entry{EROFS, "EROFS"},         errno_entry{ESRCH, "ESRCH"},
    errno_entry{ESTALE, "ESTALE"},       errno_entry{ETIMEDOUT, "ETIMEDOUT"},
    errno_entry{ETXTBSY, "ETXTBSY"},     errno_entry{EUCLEAN, "EUCLEAN"},
    errno_entry{EUSERS, "EUSERS"},       errno_entry{EXDEV, "EXDEV"},
};

/// `EXDEV` for 18; `errno 4242` for a number that has no name here.
[[nodiscard]] inline std::string errno_name(int number) {
    for (const errno_entry& entry : errno_names)
        if (entry.number == number)
            return std::string{entry.name};
    return "errno " + std::to_string(number);
}

} // namespace ovl::detail
