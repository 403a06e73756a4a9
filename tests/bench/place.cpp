// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "place.hpp"

#include "command.hpp"

#include <ovl/environment/enter_user_namespace.hpp>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace ovl_bench {

namespace {

constexpr off_t chunk_size = 1 << 20;
constexpr off_t chunks = 1024;

std::string refuse(const std::string& what) {
    return what + ": " + std::strerror(errno);
}

/// Empty where it worked.
std::string mount_image(const std::string& type, const std::string& directory) {
    const std::string image = directory + ".image";
    const int made = ::open(image.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (made < 0 || ::ftruncate(made, off_t{3} << 30) != 0)
        return refuse(image);
    ::close(made);
    // With nothing left to be initialised while it is being measured.
    std::vector<std::string> make{"mkfs." + type, "-q", image};
    if (type == "ext4")
        make.insert(make.end() - 1, {"-E", "lazy_itable_init=0,lazy_journal_init=0"});
    std::string refused;
    if (!run_command(make).succeeded())
        refused = "mkfs." + type + " failed or is missing";
    else if (!run_command({"mount", "-o", "loop", image, directory}).succeeded())
        refused = "mount -o loop failed";
    ::unlink(image.c_str());
    return refused;
}

} // namespace

std::string mount_place(const std::string& type, const std::string& directory, bool rootless) {
    const bool root = ::geteuid() == 0;
    if (root) {
        if (::unshare(CLONE_NEWNS) != 0 ||
            ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return refuse("a private mount namespace");
    } else if (!rootless || type != "tmpfs") {
        return "needs root";
    } else if (const auto refused = ovl::enter_user_namespace()) {
        return refused->line();
    }
    if (type != "tmpfs") {
        if (auto refused = mount_image(type, directory); !refused.empty())
            return refused;
    } else if (::mount("tmpfs", directory.c_str(), "tmpfs", 0, "mode=0755") != 0) {
        return refuse("a tmpfs on " + directory);
    }
    if (root && rootless)
        if (const auto refused = ovl::enter_user_namespace())
            return refused->line();
    return {};
}

dirty_data::dirty_data(const std::string& directory) {
    const std::string name = directory + "/dirty";
    file_ = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const pid_t parent = ::getpid();
    writer_ = ::fork();
    if (writer_ != 0)
        return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    static const std::string chunk(chunk_size, 'w');
    for (off_t i = 0; ::getppid() == parent; i = (i + 1) % 64) {
        static_cast<void>(!::pwrite(file_, chunk.data(), chunk.size(), (chunks + i) * chunk_size));
        const timespec pause{.tv_sec = 0, .tv_nsec = 5'000'000};
        ::nanosleep(&pause, nullptr);
    }
    ::_exit(0);
}

dirty_data::~dirty_data() {
    if (writer_ > 0) {
        ::kill(writer_, SIGKILL);
        ::waitpid(writer_, nullptr, 0);
    }
    if (file_ >= 0)
        ::close(file_);
}

bool dirty_data::fill() const {
    static const std::string chunk(chunk_size, 'x');
    for (off_t i = 0; i < chunks; ++i)
        if (::pwrite(file_, chunk.data(), chunk.size(), i * chunk_size) != chunk_size)
            return false;
    return writer_ > 0 && ::kill(writer_, SIGCONT) == 0;
}

bool dirty_data::settle() const {
    return writer_ > 0 && ::kill(writer_, SIGSTOP) == 0 && ::syncfs(file_) == 0;
}

} // namespace ovl_bench
