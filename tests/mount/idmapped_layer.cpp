// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/idmapped_layer.hpp>

#include "layers_fixture.hpp"
#include "support/kernel_version.hpp"

#include <ovl/mount/overlay_mount.hpp>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace test = boost::unit_test;
using ovl_test::layers_fixture;
using ovl_test::line_of;
using ovl_test::with_fitting_policies;

namespace {

/// A user namespace that maps its id 0 to `outside`, without a process in it.
ovl::unique_fd user_namespace(const std::string& map) {
    // Not by unshare(2) after a fork: a sanitizer's thread would be in the way.
    const long child = ::syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
    BOOST_REQUIRE(child >= 0);
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    const std::string process = "/proc/" + std::to_string(child);
    std::ofstream{process + "/uid_map"} << map;
    std::ofstream{process + "/gid_map"} << map;
    ovl::unique_fd opened{::open((process + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC)};
    ::kill(static_cast<pid_t>(child), SIGKILL);
    ::waitpid(static_cast<pid_t>(child), nullptr, 0);
    BOOST_REQUIRE(static_cast<bool>(opened));
    return opened;
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_FIXTURE_TEST_SUITE(idmapped_layer, layers_fixture,
                         *test::precondition(ovl_test::needs_overlay{}))

BOOST_AUTO_TEST_CASE(an_idmapped_layer_shows_the_owners_that_the_namespace_maps) {
    const auto inside = ovl::running_in_user_namespace();
    const bool rootful = inside.has_value() && !inside.value();
    const ovl::unique_fd owner = user_namespace(rootful ? "0 100000 65536" : "0 0 1");
    // A tmpfs of this namespace's own: what was mounted outside cannot be idmapped inside.
    BOOST_REQUIRE(::mount("tmpfs", lower2.c_str(), "tmpfs", 0, nullptr) == 0);
    static_cast<void>(base.make_file("lower2/owned"));
    const auto layer = ovl::idmapped_layer(lower2, owner.get());
    // tmpfs takes part from Linux 6.3; a layer that is attached nowhere is taken from 6.15.
    if (!ovl_test::kernel_is_before(6, 3))
        BOOST_TEST(layer.has_value());
    if (layer.has_value()) {
        with_fitting_policies([&](auto set) {
            const auto made = ovl::overlay_mount<decltype(set)>::make_at(
                {.lowerdir = {ovl::layer_source::of(layer.value().get()), lower1}}, merged);
            if (!made.has_value()) {
                BOOST_TEST_MESSAGE("no idmapped layers here: " << line_of(made.error()));
                BOOST_TEST(ovl_test::kernel_is_before(6, 15));
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

BOOST_AUTO_TEST_CASE(what_cannot_be_idmapped_is_refused_with_the_rule) {
    const auto missing = ovl::idmapped_layer(base.path("gone"), 0);
    BOOST_REQUIRE(!missing.has_value());
    BOOST_TEST(missing.error().error_number == ENOENT);
    // No user namespace is open as this descriptor.
    const auto no_namespace = ovl::idmapped_layer(lower1, base.fd());
    BOOST_REQUIRE(!no_namespace.has_value());
    BOOST_TEST(no_namespace.error().subject == lower1);
    BOOST_TEST(!no_namespace.error().explanation.empty(), line_of(no_namespace.error()));
    // proc is no filesystem for it.
    const auto proc = ovl::idmapped_layer("/proc", base.fd());
    BOOST_REQUIRE(!proc.has_value());
    BOOST_TEST(proc.error().subject == "/proc");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
