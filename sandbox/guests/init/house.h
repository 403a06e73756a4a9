// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
#pragma once

#include "plan.h"
#include "step.h"

#include <algorithm>
#include <sstream>

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>

/// The guest's house: modules, file systems, devices, as a test expects to find them.
namespace guest {

inline void mount_new(const char* type, const std::string& where, unsigned long flags = 0, const std::string& data = "", const char* source = "none") {
  make_directories(where);
  must(::mount(source, where.c_str(), type, flags, data.c_str()), std::string("mount ") + type + " on " + where);
}

/// Loads the modules of a key in the order planned; each value is the module's name, then its parameters. The kernel only logs a parameter it does
/// not know: that one must show below /sys/module.
inline void load_modules(const plan& plan, const char* key) {
  for (const std::string& value : plan.all(key)) {
    std::istringstream words(value);
    std::string name, parameter, parameters;
    words >> name;
    std::getline(words >> std::ws, parameters);
    const std::string file = "/ovl/modules/" + name + ".ko";
    const int fd = must(::open(file.c_str(), O_RDONLY | O_CLOEXEC), "open " + file);
    if (::syscall(SYS_finit_module, fd, parameters.c_str(), 0) < 0 && errno != EEXIST)
      give_up("load module " + name + " (parameters '" + parameters + "'): " + std::strerror(errno));
    ::close(fd);
    for (std::istringstream each(parameters); each >> parameter;) {
      parameter.resize(std::min(parameter.find('='), parameter.size()));
      if (::access(("/sys/module/" + name + "/parameters/" + parameter).c_str(), F_OK) < 0)
        give_up("this kernel's module " + name + " has no parameter '" + parameter + "'");
    }
  }
}

/// Opens a channel to the host, waiting for its device; a terminal is made to pass bytes as they are.
inline int open_channel(const std::string& device) {
  int fd = -1;
  for (int tries = 0; (fd = ::open(device.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)) < 0 && tries < 500; ++tries) ::usleep(10000);
  must(fd, "open channel " + device);
  termios settings;
  if (::tcgetattr(fd, &settings) == 0) {
    ::cfmakeraw(&settings);
    ::tcsetattr(fd, TCSANOW, &settings);
  }
  return fd;
}

/// Makes the root a mount of its own (pivot_root and user namespaces want one): the host's files read-only, or the archive unpacked.
inline void enter_root(const plan& plan) {
  ::mkdir("/root-to-be", 0755);
  if (plan.one("root") == "hostfs")
    mount_new("hostfs", "/root-to-be", MS_RDONLY);
  else
    must(::mount("/", "/root-to-be", nullptr, MS_BIND, nullptr), "bind /");
  for (const char* moved : {"/proc", "/sys", "/dev"})
    must(::mount(moved, (std::string("/root-to-be") + moved).c_str(), nullptr, MS_MOVE, nullptr), std::string("move ") + moved);
  must(::chdir("/root-to-be"), "chdir to the new root");
  must(::mount(".", "/", nullptr, MS_MOVE, nullptr), "move the new root");
  must(::chroot("."), "chroot");
  must(::chdir("/"), "chdir /");
}

/// Makes `path` what `fd` can be bound on: a directory or an empty file.
inline void make_mount_point(const std::string& path, int fd) {
  struct stat status;
  must(::fstat(fd, &status), "stat " + path);
  if (S_ISDIR(status.st_mode)) return make_directories(path);
  make_directories(path.substr(0, path.rfind('/')));
  ::close(must(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0644), "create " + path));
}

/// Covers the places that are to be fresh, and binds those of the host's paths below them that the command is to see.
inline void cover_with_fresh(const plan& plan) {
  std::vector<std::pair<std::string, int>> exposed;
  for (const std::string& path : plan.all("expose"))
    exposed.emplace_back(path, must(::open(path.c_str(), O_PATH | O_CLOEXEC), "open " + path));
  mount_new("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_new("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
  mount_new("tmpfs", "/mnt", MS_NOSUID | MS_NODEV, "mode=755");
  mount_new("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_new("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=620,ptmxmode=666");
  ::symlink("/proc/self/fd", "/dev/fd");
  for (const auto& [path, fd] : exposed) {
    make_mount_point(path, fd);
    must(::mount(("/proc/self/fd/" + std::to_string(fd)).c_str(), path.c_str(), nullptr, MS_BIND | MS_REC, nullptr), "bind " + path);
    ::close(fd);
  }
}

/// Mounts each disk, "device type name", at /mnt/NAME, writable for all.
inline void mount_disks(const plan& plan) {
  for (const std::string& value : plan.all("disk")) {
    std::istringstream words(value);
    std::string device, type, name;
    words >> device >> type >> name;
    for (int tries = 0; ::access(device.c_str(), F_OK) < 0 && tries < 500; ++tries) ::usleep(10000);
    const std::string where = "/mnt/" + name;
    mount_new(type.c_str(), where, 0, "", device.c_str());
    if (type != "vfat") must(::chmod(where.c_str(), 01777), "chmod " + where);
  }
}

/// Makes the directory whose contents go back to the host.
inline void mount_output(const plan& plan) {
  const std::string path = plan.one("output");
  if (path.empty()) return;
  if (plan.one("root") == "hostfs") return mount_new("hostfs", path, 0, path);
  make_directories(path);
  must(::chmod(path.c_str(), 01777), "chmod " + path);
}

inline void bring_up_loopback() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  ::ioctl(fd, SIOCSIFFLAGS, &request);
  ::close(fd);
}

} // namespace guest
