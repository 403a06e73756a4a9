// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "layers_fixture.hpp"

#include <ovl/mount/idmapped_layer.hpp>
#include <ovl/mount/mount_holders.hpp>
#include <ovl/mount/overlay_mount.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

namespace test = boost::unit_test;
using ovl_test::layers_fixture;
using ovl_test::line_of;
using ovl_test::required;
using ovl_test::with_fitting_policies;

namespace {

/// A user namespace that maps its id 0 to `outside`, without a process in it.
ovl::unique_fd user_namespace(const std::string& map) {
    int ready[2];
    BOOST_REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const char done = ::unshare(CLONE_NEWUSER) == 0 ? 'y' : 'n';
        static_cast<void>(!::write(ready[1], &done, 1));
        ::pause();
        ::_exit(0);
    }
    char done = 'n';
    BOOST_REQUIRE(::read(ready[0], &done, 1) == 1);
    ::close(ready[0]);
    ::close(ready[1]);
    const std::string process = "/proc/" + std::to_string(child);
    std::ofstream{process + "/uid_map"} << map;
    std::ofstream{process + "/gid_map"} << map;
    ovl::unique_fd opened{::open((process + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC)};
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    BOOST_REQUIRE(done == 'y');
    BOOST_REQUIRE(static_cast<bool>(opened));
    return opened;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_FIXTURE_TEST_SUITE(mount_holders, layers_fixture,
                         *test::precondition(ovl_test::needs_overlay{}))

BOOST_AUTO_TEST_CASE(an_open_file_and_a_mount_below_are_found_and_nothing_else) {
    with_fitting_policies([&](auto set) {
        auto mount = required(ovl::overlay_mount<decltype(set)>::make_at(writable(), merged));
        const ovl::unique_fd root = mount.release();
        BOOST_REQUIRE(::mkdir((merged + "/below").c_str(), 0755) == 0);
        BOOST_REQUIRE(::mount("tmpfs", (merged + "/below").c_str(), "tmpfs", 0, nullptr) == 0);
        {
            const ovl::unique_fd user{::open((merged + "/one").c_str(), O_RDONLY | O_CLOEXEC)};
            const auto found = ovl::mount_holders(merged);
            BOOST_REQUIRE_MESSAGE(found.has_value(),
                                  (found.has_value() ? "" : line_of(found.error())));
            const auto holds = [&](int fd) {
                return std::count_if(
                    found.value().begin(), found.value().end(), [&](const ovl::mount_holder& each) {
                        return each.kind == ovl::hold_kind::descriptor && each.pid == ::getpid() &&
                               each.what == std::to_string(fd) && !each.name.empty();
                    });
            };
            BOOST_TEST(holds(user.get()) == 1);
            BOOST_TEST(holds(root.get()) == 1);
            BOOST_REQUIRE(found.value().size() == 3u);
            BOOST_TEST((found.value().front().kind == ovl::hold_kind::mount));
            BOOST_TEST(found.value().front().name == merged + "/below");
        }
        BOOST_TEST(ovl::mount_holders(merged).value().size() == 2u);
        BOOST_TEST(::umount2((merged + "/below").c_str(), 0) == 0);
        BOOST_TEST(::umount2(merged.c_str(), MNT_DETACH) == 0);
    });
}

BOOST_AUTO_TEST_CASE(an_idmapped_layer_shows_the_owners_that_the_namespace_maps) {
    const auto inside = ovl::running_in_user_namespace();
    const bool rootful = inside.has_value() && !inside.value();
    const ovl::unique_fd owner = user_namespace(rootful ? "0 100000 65536" : "0 0 1");
    // A tmpfs of this namespace's own: what was mounted outside cannot be idmapped inside.
    BOOST_REQUIRE(::mount("tmpfs", lower2.c_str(), "tmpfs", 0, nullptr) == 0);
    static_cast<void>(base.make_file("lower2/owned"));
    const auto layer = ovl::idmapped_layer(lower2, owner.get());
    if (layer.has_value()) {
        with_fitting_policies([&](auto set) {
            const auto made = ovl::overlay_mount<decltype(set)>::make_at(
                {.lowerdir = {ovl::layer_source::of(layer.value().get()), lower1}}, merged);
            if (!made.has_value()) {
                BOOST_TEST_MESSAGE("no idmapped layers here: " << line_of(made.error()));
                return;
            }
            struct stat status {};
            BOOST_REQUIRE(::fstatat(made.value().root(), "owned", &status, 0) == 0);
            BOOST_TEST(status.st_uid == (rootful ? 100000u : 0u));
        });
    } else {
        BOOST_TEST_MESSAGE("no idmapped mounts here: " << line_of(layer.error()));
        BOOST_TEST(!layer.error().explanation.empty());
    }
    BOOST_TEST(::umount2(lower2.c_str(), MNT_DETACH) == 0);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
