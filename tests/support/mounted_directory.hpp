// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <sys/mount.h>
#include <unistd.h>

namespace ovl_test {

/// A directory in TMPDIR with something mounted on it, for as long as this lives.
class mounted_directory {
  public:
    mounted_directory(const char* filesystem, const char* options)
        : mounted_directory{"ovl-tests", filesystem, options} {}

    /// The directory `source` again, read-only.
    [[nodiscard]] static mounted_directory read_only(const std::string& source) {
        return mounted_directory{source.c_str(), nullptr, nullptr};
    }

    mounted_directory(const mounted_directory&) = delete;
    mounted_directory& operator=(const mounted_directory&) = delete;
    ~mounted_directory() {
        BOOST_CHECK_MESSAGE(::umount2(path().c_str(), 0) == 0, path() << " is still in use");
    }

    [[nodiscard]] std::string path() const { return point_.path("mounted"); }

  private:
    mounted_directory(const char* source, const char* filesystem, const char* options) {
        point_.make("mounted");
        const unsigned long flags = filesystem == nullptr ? MS_BIND : 0;
        BOOST_REQUIRE(::mount(source, path().c_str(), filesystem, flags, options) == 0);
        if (filesystem == nullptr)
            BOOST_REQUIRE(::mount(nullptr, path().c_str(), nullptr,
                                  MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0);
    }

    temporary_directory point_;
};

/// A fresh filesystem of a kind in an image, on a loop device that goes with it.
class loop_filesystem {
  public:
    explicit loop_filesystem(const std::string& kind,
                             const std::vector<std::string>& options = {}) {
        // xfs takes no less than 300 MiB; what is not written to takes no room.
        BOOST_REQUIRE(::truncate(base_.make_file("image").c_str(), 400 << 20) == 0);
        base_.make("mounted");
        std::vector<std::string> make{"mkfs." + kind, "-q"};
        make.insert(make.end(), options.begin(), options.end());
        make.push_back(image());
        run(std::move(make));
        run({"mount", "-t", kind, "-o", "loop", image(), path()});
    }
    loop_filesystem(const loop_filesystem&) = delete;
    loop_filesystem& operator=(const loop_filesystem&) = delete;
    ~loop_filesystem() {
        BOOST_CHECK_MESSAGE(::umount2(path().c_str(), 0) == 0, path() << " is still in use");
        BOOST_CHECK_MESSAGE(run({"losetup", "--associated", image()}).empty(),
                            "the loop device stays");
    }

    [[nodiscard]] std::string path() const { return base_.path("mounted"); }

  private:
    [[nodiscard]] std::string image() const { return base_.path("image"); }

    static std::string run(std::vector<std::string> arguments) {
        const std::string program = arguments.front();
        const auto ended =
            ovl::sandbox::run_command({.arguments = std::move(arguments),
                                       .environment = {"PATH=/usr/sbin:/sbin:/usr/bin:/bin"}});
        BOOST_REQUIRE_MESSAGE(ended.has_value(), program << " could not be started");
        BOOST_REQUIRE_MESSAGE(ended.value().exited_with(0),
                              program << ": " << ended.value().errors);
        return ended.value().output;
    }

    temporary_directory base_;
};

/// True root, loop devices, and the program that makes such a filesystem.
struct needs_loop_filesystem {
    std::string kind;

    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id unit) const {
        auto root = ovl::sandbox::needs_root{}(unit);
        if (!root)
            return root;
        boost::test_tools::assertion_result met{true};
        const std::string program = "mkfs." + kind;
        if (::access("/dev/loop-control", F_OK) != 0) {
            met = false;
            met.message() << "needs loop devices: no /dev/loop-control";
        } else if (::access(("/usr/sbin/" + program).c_str(), X_OK) != 0 &&
                   ::access(("/sbin/" + program).c_str(), X_OK) != 0) {
            met = false;
            met.message() << "needs " << program << " (Debian: e2fsprogs, xfsprogs, btrfs-progs)";
        }
        return met;
    }
};

} // namespace ovl_test
