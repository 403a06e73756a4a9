// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "layers_fixture.hpp"

#include <ovl/mount/mount_holders.hpp>
#include <ovl/mount/overlay_mount.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

namespace test = boost::unit_test;
using ovl_test::layers_fixture;
using ovl_test::line_of;
using ovl_test::required;
using ovl_test::with_fitting_policies;

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

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
