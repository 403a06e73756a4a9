// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/expected_answers.hpp"
#include "support/kernel_version.hpp"
#include "support/policy_lists.hpp"
#include "support/refuse_calls.hpp"
#include "support/refuse_once.hpp"
#include "support/temporary_directory.hpp"

#include <ovl/mount/owned_mount.hpp>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/leftovers.hpp>
#include <ovl/sandbox/preconditions.hpp>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using boost::unit_test::precondition;
using ovl_test::temporary_directory;

namespace {

const std::vector<std::string> odd_names{
    "plain",    "a:b,c\\d e", "a:b",   ",",     ":",          "\\",        "new\nline", "tab\tbed",
    "\"quoted", "\"both\"",   "'it's", "#hash", "a=b",        "100%",      "\xff\xfe",  " blanks ",
    "::",       "a::b",       "\\,",   "\\:",   "trailing\\", "lowerdir=", "-o"};

/// Three directories for an overlay, with `lower/seen` in one; by path, or by a descriptor of the
/// directory above them.
class layers {
  public:
    layers(const temporary_directory& base, const std::string& home) : home_{base.path(home)} {
        for (const char* name : {"", "/lower", "/upper", "/work", "/merged"})
            base.make(home + name);
        base.make_file(home + "/lower/seen");
        above_.reset(::open(home_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    }

    [[nodiscard]] int above() const { return above_.get(); }
    [[nodiscard]] std::string path(const char* name) const { return home_ + "/" + name; }

    template <ovl::mount_backend B>
    [[nodiscard]] ovl::result<ovl::owned_mount> mount_by_path(const B& backend) const {
        return mount(backend, AT_FDCWD, path("lower"), path("upper"), path("work"));
    }
    template <ovl::mount_backend B>
    [[nodiscard]] ovl::result<ovl::owned_mount> mount_by_descriptor(const B& backend) const {
        return mount(backend, above(), "lower", "upper", "work");
    }

  private:
    template <ovl::mount_backend B>
    [[nodiscard]] ovl::result<ovl::owned_mount>
    mount(const B& backend, int at, const std::string& lower, const std::string& upper,
          const std::string& work) const {
        const std::array lowers{ovl::layer{.at = at, .path = lower}};
        const std::array parameters{ovl::mount_parameter{"userxattr"}};
        ovl::mount_request request{};
        request.lower = lowers;
        request.upper = ovl::layer{.at = at, .path = upper};
        request.work = ovl::layer{.at = at, .path = work};
        request.parameters = parameters;
        return ovl::owned_mount::make(backend, request, {.at = above(), .path = "merged"});
    }

    std::string home_;
    ovl::unique_fd above_;
};

/// The lower file is seen, and a new one lands in the upper layer.
void check_works(const ovl::result<ovl::owned_mount>& made, const layers& of) {
    if (!made.has_value())
        BOOST_FAIL(made.error().call << " " << made.error().subject << ": "
                                     << ovl::detail::errno_name(made.error().error_number) << " "
                                     << made.error().kernel_message);
    const int root = made.value().root();
    BOOST_TEST(::faccessat(root, "seen", F_OK, 0) == 0);
    BOOST_TEST(::mknodat(root, "new", S_IFREG | 0600, 0) == 0);
    BOOST_TEST(::access(of.path("upper/new").c_str(), F_OK) == 0);
    BOOST_TEST((::fcntl(root, F_GETFD) & FD_CLOEXEC) != 0);
}

using attaching = std::tuple<ovl::classic_mount, ovl::libmount_mount>;

} // namespace

BOOST_AUTO_TEST_SUITE(mounting)
BOOST_AUTO_TEST_SUITE(backends)

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(mount_layers_of_any_name_by_path, B, ovl_test::all_backends) {
    const temporary_directory base;
    for (const std::string& name : odd_names) {
        BOOST_TEST_CONTEXT(name) {
            const layers of{base, name};
            check_works(of.mount_by_path(B{}), of);
        }
    }
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(mount_layers_of_any_name_by_descriptor, B, ovl_test::all_backends) {
    const temporary_directory base;
    for (const std::string& name : odd_names) {
        BOOST_TEST_CONTEXT(name) {
            const layers of{base, name};
            check_works(of.mount_by_descriptor(B{}), of);
        }
    }
}

/// fsconfig(2) takes values of 255 bytes, mount(2) a page: what is longer works by another way, or is
/// told as a limit, but is never cut short.
BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(layers_at_the_end_of_a_long_path_work_or_meet_a_limit, B,
                              ovl_test::all_backends) {
    const temporary_directory base;
    std::string below;
    for (int level = 0; level < 16; ++level) {
        below += (level == 0 ? "" : "/") + std::string(230, 'x');
        if (level != 0 && level != 15) {
            base.make(below);
            continue;
        }
        BOOST_TEST_CONTEXT(below.size() << " bytes") {
            const layers of{base, below};
            const auto by_path = of.mount_by_path(B{});
            if (by_path.has_value())
                check_works(by_path, of);
            else
                BOOST_TEST((by_path.error().error_number == E2BIG ||
                            by_path.error().error_number == ENAMETOOLONG),
                           ovl::detail::errno_name(by_path.error().error_number));
        }
        const layers of{base, below + "/by-descriptor"};
        check_works(of.mount_by_descriptor(B{}), of);
    }
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(a_missing_layer_is_enoent_and_nothing_is_mounted, B,
                              ovl_test::all_backends) {
    const temporary_directory base;
    const layers of{base, "home"};
    BOOST_REQUIRE(::rmdir(of.path("work").c_str()) == 0);
    const auto mounts = ovl::sandbox::current_mounts();
    const auto made = of.mount_by_path(B{});
    BOOST_REQUIRE(!made.has_value());
    BOOST_TEST(made.error().error_number == ENOENT);
    BOOST_TEST(made.error().where == ovl::step::mount);
    BOOST_TEST((ovl::sandbox::current_mounts() == mounts));
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(attach_only_where_they_say_so, B, ovl_test::all_backends) {
    const temporary_directory base;
    const layers of{base, "home"};
    const auto mounts = ovl::sandbox::current_mounts();
    auto made = of.mount_by_path(B{});
    BOOST_REQUIRE(made.has_value());
    BOOST_TEST((ovl::sandbox::current_mounts() == mounts) == !B{}.attaches());
    BOOST_TEST((::access(of.path("merged/seen").c_str(), F_OK) == 0) == B{}.attaches());
    BOOST_TEST(made.value().through() == B::name);
    BOOST_TEST(made.value().unmount().has_value());
    BOOST_TEST((ovl::sandbox::current_mounts() == mounts));
    BOOST_TEST(made.value().unmount().has_value(), "a second time there is nothing to do");
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(a_mount_whose_root_cannot_be_opened_does_not_stay, B, attaching) {
    const temporary_directory base;
    const layers of{base, "layers"};
    const auto ended = ovl::sandbox::run_in_child([&] {
        const auto mounts = ovl::sandbox::current_mounts();
        // openat(2) as open_mounted makes it.
        if (!ovl_test::refuse_call_with(SYS_openat, 2,
                                        O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, EMFILE))
            return 1;
        const auto made = of.mount_by_path(B{});
        if (made.has_value() || made.error().error_number != EMFILE)
            return 2;
        return ovl::sandbox::current_mounts() == mounts ? 0 : 3;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}) *
                     precondition(ovl_test::needs_calls_to_be_refused{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(what_fails_to_be_unmounted_once_does_not_stay, B, attaching) {
    const temporary_directory base;
    const layers of{base, "layers"};
    BOOST_TEST(ovl_test::holds_where_one_fails({SYS_umount2}, ENOMEM, [&] {
        const auto mounts = ovl::sandbox::current_mounts();
        auto made = of.mount_by_path(B{});
        return made.has_value() && made.value().unmount().has_value() &&
               ovl::sandbox::current_mounts() == mounts;
    }));
}

/// libmount of its own accord would try again, read-only.
BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}) *
                     precondition(ovl_test::needs_calls_to_be_refused{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(what_is_refused_is_not_mounted_otherwise, B, attaching) {
    const temporary_directory base;
    const layers of{base, "layers"};
    for (const int error : {EACCES, EROFS})
        BOOST_TEST(
            ovl_test::holds_where_one_fails({SYS_mount, ovl::detail::sys_fsmount}, error, [&] {
                const auto mounts = ovl::sandbox::current_mounts();
                const auto made = of.mount_by_path(B{});
                return !made.has_value() && made.error().error_number == error &&
                       ovl::sandbox::current_mounts() == mounts;
            }));
}

BOOST_TEST_DECORATOR(*precondition(ovl_test::needs_userxattr{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(an_owner_unmounts_once_however_it_is_moved, B,
                              ovl_test::all_backends) {
    const temporary_directory base;
    const layers first{base, "first"};
    const layers second{base, "second"};
    const auto mounts = ovl::sandbox::current_mounts();
    {
        auto one = first.mount_by_path(B{});
        auto other = second.mount_by_path(B{});
        BOOST_REQUIRE(one.has_value());
        BOOST_REQUIRE(other.has_value());
        one.value() = std::move(other.value());
        BOOST_TEST(::access(first.path("merged/seen").c_str(), F_OK) != 0);
        const ovl::owned_mount last{std::move(one.value())};
        BOOST_TEST(::faccessat(last.root(), "seen", F_OK, 0) == 0);
    }
    BOOST_TEST((ovl::sandbox::current_mounts() == mounts));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
