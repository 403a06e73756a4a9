// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
#pragma once

#include "house.h"

#include <array>
#include <csignal>

#include <grp.h>
#include <sys/wait.h>

/// The command: started as planned, its output carried to the host while it runs.
namespace guest {

inline std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (const std::string& string : strings) result.push_back(const_cast<char*>(string.c_str()));
  result.push_back(nullptr);
  return result;
}

/// In the child: becomes the command. Does not return; 126 and 127 as a shell has them.
[[noreturn]] inline void become(const plan& plan) {
  std::signal(SIGPIPE, SIG_DFL);
  if (const std::string uid = plan.one("uid"); !uid.empty()) {
    const unsigned id = static_cast<unsigned>(std::stoul(uid));
    if (::setgroups(0, nullptr) < 0 || ::setresgid(id, id, id) < 0 || ::setresuid(id, id, id) < 0) ::_exit(126);
  }
  const std::vector<std::string>& words = plan.all("argument");
  const std::string directory = plan.one("directory");
  if (!directory.empty() && ::chdir(directory.c_str()) < 0) ::chdir("/");
  ::clearenv();
  for (const std::string& assignment : plan.all("environment")) ::putenv(const_cast<char*>(assignment.c_str()));
  ::execvp(words.front().c_str(), pointers(words).data());
  const int why = errno;
  write_line(STDERR_FILENO, "cannot run '" + words.front() + "': " + std::strerror(why));
  ::_exit(why == ENOENT ? 127 : 126);
}

/// Starts the command on a terminal of its own, for a person; returns its pid.
inline pid_t start_on_terminal(const plan& plan) {
  const pid_t child = must(::fork(), "fork");
  if (child != 0) return child;
  ::setsid();
  const int terminal = ::open(plan.one("terminal").c_str(), O_RDWR);
  ::ioctl(terminal, TIOCSCTTY, 1);
  winsize size{};
  std::istringstream(plan.one("size")) >> size.ws_row >> size.ws_col;
  if (size.ws_row != 0) ::ioctl(terminal, TIOCSWINSZ, &size);
  for (const int fd : {0, 1, 2}) ::dup2(terminal, fd);
  become(plan);
}

/// A pipe the command writes to, and the channel it is carried to.
struct stream {
  int from;
  int to;
};

/// Carries what is there now; false at the end of the stream.
inline bool carry(const stream& stream) {
  char buffer[65536];
  const ssize_t count = ::read(stream.from, buffer, sizeof buffer);
  if (count > 0) write_all(stream.to, buffer, static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && (errno == EINTR || errno == EAGAIN));
}

/// Reaps the children there are; true once `child` is among them, with its status.
inline bool reap(pid_t child, int& status) {
  int each = 0;
  for (pid_t pid; (pid = ::waitpid(-1, &each, WNOHANG)) > 0;)
    if (pid == child) return status = each, true;
  return false;
}

/// Carries both streams until the command itself is gone, then what it left in the pipes. Processes it left behind are killed.
inline int carry_until_gone(pid_t child, std::array<stream, 2> streams) {
  int status = 0;
  for (const stream& each : streams) ::fcntl(each.from, F_SETFL, O_NONBLOCK);
  std::array<pollfd, 2> polled{pollfd{streams[0].from, POLLIN, 0}, pollfd{streams[1].from, POLLIN, 0}};
  bool gone = false;
  for (;;) {
    const int ready = ::poll(polled.data(), polled.size(), gone ? 0 : 20);
    if (gone && ready <= 0) return status;
    for (std::size_t index = 0; index < 2; ++index)
      if (polled[index].revents != 0 && !carry(streams[index])) polled[index].fd = -1;
    if (!gone && (gone = reap(child, status))) ::kill(-1, SIGKILL);
  }
}

/// Starts the command with its output in two pipes; returns its wait status when it is gone.
inline int run_with_channels(const plan& plan, int output, int error) {
  int output_pipe[2], error_pipe[2];
  must(::pipe2(output_pipe, O_CLOEXEC), "pipe");
  must(::pipe2(error_pipe, O_CLOEXEC), "pipe");
  const pid_t child = must(::fork(), "fork");
  if (child == 0) {
    ::setsid();
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    ::dup2(output_pipe[1], 1);
    ::dup2(error_pipe[1], 2);
    become(plan);
  }
  ::close(output_pipe[1]);
  ::close(error_pipe[1]);
  return carry_until_gone(child, {stream{output_pipe[0], output}, stream{error_pipe[0], error}});
}

inline int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(-1, &status, 0) != child) {}
  return status;
}

/// Sends the output directory's contents through its channel, as a tar archive.
inline void send_output(const plan& plan, int channel) {
  const pid_t child = must(::fork(), "fork");
  if (child == 0) {
    ::dup2(channel, 1);
    ::execl("/bin/busybox", "tar", "-c", "-f", "-", "-C", plan.one("output").c_str(), ".", nullptr);
    ::_exit(127);
  }
  if (wait_for(child) != 0) give_up("packing the output directory");
}

} // namespace guest
