// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
#pragma once

#include <cerrno>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <unistd.h>

namespace guest {

/// Where the outcome is told, one line each: `ready`, then `exit N`, `signal N` or `failed WHY`. -1 until its device is there.
inline int trailer = -1;

/// Writes all of `text`; gives up silently, for there is nobody left to tell.
inline void write_all(int fd, const char* text, std::size_t length) {
  while (length > 0) {
    const ssize_t written = ::write(fd, text, length);
    if (written < 0 && errno == EAGAIN) {
      pollfd ready{fd, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (written < 0 && errno != EINTR) {
      return;
    }
    if (written > 0) {
      text += written;
      length -= static_cast<std::size_t>(written);
    }
  }
}

inline void write_line(int fd, std::string line) {
  line += '\n';
  write_all(fd, line.data(), line.size());
}

[[noreturn]] inline void power_off() {
  ::sync();
  for (;;) ::reboot(RB_POWER_OFF);
}

/// Ends the guest: a step before or after the command failed, and the outcome could not be trusted.
[[noreturn]] inline void give_up(const std::string& what) {
  const std::string line = "failed " + what;
  write_line(STDERR_FILENO, line);
  if (trailer >= 0) write_line(trailer, line);
  power_off();
}

/// Passes a system call's result on; ends the guest, naming the step and the error, where it is negative.
inline int must(int outcome, const std::string& step) {
  if (outcome < 0) give_up(step + ": " + std::strerror(errno));
  return outcome;
}

inline std::string read_file(const std::string& path) {
  const int fd = must(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open " + path);
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = must(static_cast<int>(::read(fd, buffer, sizeof buffer)), "read " + path);
    if (count == 0) break;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(fd);
  return text;
}

/// `mkdir -p`; what is there already, or cannot be made on a read-only root, shows when it is used.
inline void make_directories(const std::string& path) {
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1))
    ::mkdir(path.substr(0, slash).c_str(), 0755);
  ::mkdir(path.c_str(), 0755);
}

} // namespace guest
