// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

/// The guest's first process, in QEMU and User-Mode Linux alike: builds the house, runs one command, tells its outcome, powers off.
/// What it is to do is the plan, /ovl/plan, which `run-in` writes.
#include "command.h"

namespace {

std::string outcome_of(int status) {
  return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : "exit " + std::to_string(WEXITSTATUS(status));
}

int run(const guest::plan& plan) {
  if (!plan.one("terminal").empty()) return guest::wait_for(guest::start_on_terminal(plan));
  const int output = guest::open_channel(plan.one("stdout"));
  const int error = guest::open_channel(plan.one("stderr"));
  const int status = guest::run_with_channels(plan, output, error);
  ::tcdrain(output);
  ::tcdrain(error);
  return status;
}

} // namespace

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  guest::mount_new("devtmpfs", "/dev", MS_NOSUID);
  guest::mount_new("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  guest::mount_new("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  const guest::plan plan("/ovl/plan");
  // What the trailer's device needs comes first, so that every later failure can be told through it.
  guest::load_modules(plan, "early-module");
  guest::trailer = guest::open_channel(plan.one("trailer"));
  guest::load_modules(plan, "module");
  guest::enter_root(plan);
  guest::cover_with_fresh(plan);
  guest::mount_disks(plan);
  guest::mount_output(plan);
  guest::bring_up_loopback();
  ::sethostname("guest", 5);

  guest::write_line(guest::trailer, "ready");
  const int status = run(plan);
  if (const std::string channel = plan.one("results"); !channel.empty()) guest::send_output(plan, guest::open_channel(channel));
  ::sync();
  guest::write_line(guest::trailer, outcome_of(status));
  ::tcdrain(guest::trailer);
  guest::power_off();
}
