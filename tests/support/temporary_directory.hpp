// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/posix_fs.hpp>
#include <ovl/scratch/remove_tree.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace ovl_test {

/// The names in a directory, sorted, but for `.` and `..`.
[[nodiscard]] inline std::vector<std::string> entries_of(const std::string& path) {
    std::vector<std::string> found;
    const ovl::posix_fs fs;
    const auto opened = fs.open_directory(AT_FDCWD, path.c_str());
    BOOST_REQUIRE_MESSAGE(opened.has_value(), "cannot open " << path);
    const auto listed =
        ovl::for_each_entry(fs, opened.value().get(),
                            [&](const char* name, unsigned char) { found.emplace_back(name); });
    BOOST_REQUIRE(listed.has_value());
    std::sort(found.begin(), found.end());
    return found;
}

/// A fresh directory in TMPDIR, which in the sandbox is a filesystem of the test's own. Its removal
/// is a test of its own: whatever stays in it is an error.
class temporary_directory {
  public:
    temporary_directory() {
        const char* const base = std::getenv("TMPDIR");
        path_ = std::string{base != nullptr ? base : "/tmp"} + "/ovl-tests-XXXXXX";
        BOOST_REQUIRE(::mkdtemp(path_.data()) != nullptr);
        fd_.reset(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        BOOST_REQUIRE(static_cast<bool>(fd_));
    }
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    ~temporary_directory() {
        const std::size_t slash = path_.rfind('/');
        const ovl::unique_fd base{
            ::open(path_.substr(0, slash).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
        const auto removed =
            ovl::remove_tree(ovl::posix_fs{}, base.get(), path_.c_str() + slash + 1);
        BOOST_CHECK_MESSAGE(removed.has_value(), path_ << " could not be removed");
    }

    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] std::string path(std::string_view below) const {
        return path_ + "/" + std::string{below};
    }
    [[nodiscard]] int fd() const noexcept { return fd_.get(); }

    /// Makes a directory in it and gives its path.
    std::string make(std::string_view below, mode_t mode = 0755) const {
        const std::string made = path(below);
        BOOST_REQUIRE_MESSAGE(::mkdir(made.c_str(), mode) == 0, "cannot make " << made);
        return made;
    }
    /// Makes a file in it and gives its path.
    std::string make_file(std::string_view below, std::string_view text = "") const {
        const std::string made = path(below);
        std::ofstream{made} << text;
        return made;
    }

  private:
    std::string path_;
    ovl::unique_fd fd_;
};

} // namespace ovl_test
