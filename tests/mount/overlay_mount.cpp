// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "layers_fixture.hpp"
#include "support/kernel_version.hpp"

#include <ovl/detail/read_text.hpp>
#include <ovl/mount/overlay_mount.hpp>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <ovl/sandbox/leftovers.hpp>
#include <sys/mount.h>
#include <sys/stat.h>

namespace test = boost::unit_test;
using ovl_test::layers_fixture;
using ovl_test::line_of;
using ovl_test::required;
using ovl_test::with_fitting_policies;

namespace {

template <class P>
using mount_of = ovl::overlay_mount<P>;

bool exists(int at, const char* name) {
    return ::faccessat(at, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

bool detaches() {
    return ovl::fsopen_mount::available();
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_FIXTURE_TEST_SUITE(overlay_mount, layers_fixture,
                         *test::precondition(ovl_test::needs_overlay{}))

BOOST_AUTO_TEST_CASE(a_detached_one_is_used_through_its_descriptor_and_attached_later) {
    if (!detaches())
        return;
    with_fitting_policies([&](auto set) {
        const auto before = ovl::sandbox::current_mounts();
        auto mount = required(mount_of<decltype(set)>::make(writable()));
        BOOST_TEST(!mount.attached());
        BOOST_TEST((ovl::sandbox::current_mounts() == before));
        BOOST_TEST(exists(mount.root(), "one"));
        BOOST_TEST(::mkdirat(mount.root(), "new", 0755) == 0);
        BOOST_TEST(exists(AT_FDCWD, (upper + "/new").c_str()));

        BOOST_REQUIRE(mount.attach(merged).has_value());
        BOOST_TEST(mount.attached());
        BOOST_TEST(exists(AT_FDCWD, (merged + "/two").c_str()));
        BOOST_REQUIRE(mount.unmount().has_value());
        BOOST_TEST(!exists(AT_FDCWD, (merged + "/two").c_str()));
        BOOST_TEST((ovl::sandbox::current_mounts() == before));
    });
}

BOOST_AUTO_TEST_CASE(one_made_at_a_directory_ends_with_its_owner) {
    with_fitting_policies([&](auto set) {
        {
            const auto mount = required(mount_of<decltype(set)>::make_at(writable(), merged));
            BOOST_TEST(mount.attached());
            BOOST_TEST(exists(AT_FDCWD, (merged + "/one").c_str()));
        }
        BOOST_TEST(!exists(AT_FDCWD, (merged + "/one").c_str()));
    });
}

BOOST_AUTO_TEST_CASE(the_place_may_be_a_descriptor) {
    with_fitting_policies([&](auto set) {
        const ovl::unique_fd place{::open(merged.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
        const auto mount =
            required(mount_of<decltype(set)>::make_at(writable(), ovl::directory::of(place.get())));
        BOOST_TEST(exists(AT_FDCWD, (merged + "/one").c_str()));
        BOOST_TEST(exists(mount.root(), "one"));
    });
}

BOOST_AUTO_TEST_CASE(a_released_one_stays) {
    with_fitting_policies([&](auto set) {
        {
            auto mount = required(mount_of<decltype(set)>::make_at(writable(), merged));
            const ovl::unique_fd root = mount.release();
            BOOST_TEST(exists(root.get(), "one"));
        }
        BOOST_TEST(exists(AT_FDCWD, (merged + "/one").c_str()));
        BOOST_TEST(::umount2(merged.c_str(), 0) == 0);
    });
}

BOOST_AUTO_TEST_CASE(a_busy_one_is_reported_and_kept_or_detached_as_asked) {
    with_fitting_policies([&](auto set) {
        auto mount = required(mount_of<decltype(set)>::make_at(writable(), merged));
        ovl::unique_fd user{::open((merged + "/one").c_str(), O_RDONLY | O_CLOEXEC)};
        auto refused = mount.unmount();
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST(refused.error().error_number == EBUSY);
        BOOST_TEST(refused.error().subject == merged);
        BOOST_TEST(exists(mount.root(), "one"));

        refused = mount.unmount({.retry_milliseconds = 30});
        BOOST_TEST(refused.error().error_number == EBUSY);
        BOOST_TEST(mount.unmount({.detach_if_busy = true}).has_value());
        BOOST_TEST(!exists(AT_FDCWD, (merged + "/one").c_str()));
    });
}

BOOST_AUTO_TEST_CASE(attributes_hold_from_the_start_and_can_be_changed) {
    if (!detaches())
        return;
    with_fitting_policies([&](auto set) {
        auto options = writable();
        options.attributes = {.nosuid = true, .nodev = true, .atime = ovl::atime_mode::noatime};
        auto mount = required(mount_of<decltype(set)>::make_at(options, merged));
        BOOST_TEST((mount.effective().options.attributes == options.attributes));
        if (mount.set_attributes({.read_only = true}).has_value()) {
            BOOST_TEST(::mkdirat(mount.root(), "new", 0755) == -1);
            BOOST_TEST(errno == EROFS);
        }
        // mount_setattr(2) came with Linux 5.12.
        BOOST_TEST((mount.set_propagation(ovl::propagation::private_).has_value() ||
                    ovl_test::kernel_is_before(5, 12)));
    });
}

BOOST_AUTO_TEST_CASE(mounts_below_propagate_as_asked) {
    // mount_setattr(2), and the number by which the line is found.
    if (ovl_test::kernel_is_before(5, 12))
        return;
    with_fitting_policies([&](auto set) {
        auto mount = required(mount_of<decltype(set)>::make_at(writable(), merged));
        const auto line = [&] {
            const auto text = ovl::detail::read_text("/proc/thread-self/mountinfo");
            const auto id = ovl::detail::mount_id(mount.root());
            BOOST_REQUIRE((text.has_value() && id.has_value()));
            const std::string whole = "\n" + text.value();
            const std::size_t at = whole.find("\n" + std::to_string(*id) + " ");
            BOOST_REQUIRE(at != std::string::npos);
            return whole.substr(at + 1, whole.find('\n', at + 1) - at);
        };
        const auto after = [&](ovl::propagation wanted) {
            const auto done = mount.set_propagation(wanted);
            BOOST_REQUIRE_MESSAGE(done.has_value(),
                                  (done.has_value() ? "" : line_of(done.error())));
            return line();
        };
        BOOST_TEST(after(ovl::propagation::shared).find(" shared:") != std::string::npos);
        const std::string unshared = after(ovl::propagation::private_);
        BOOST_TEST(unshared.find(" shared:") == std::string::npos, unshared);
        BOOST_TEST(after(ovl::propagation::unbindable).find(" unbindable ") != std::string::npos);
    });
}

BOOST_AUTO_TEST_CASE(options_are_read_back_attached_or_not) {
    with_fitting_policies([&](auto set) {
        auto options = writable();
        options.is_volatile = true;
        options.xino = ovl::xino_mode::off;
        auto mount = required(mount_of<decltype(set)>::make_at(options, merged));
        const auto found = mount.effective();
        BOOST_TEST((found.source != ovl::option_source::artefacts));
        BOOST_TEST(found.options.is_volatile);
        BOOST_TEST(found.options.userxattr == decltype(set)::xattr_class::userxattr);
        BOOST_REQUIRE(found.options.lowerdir.size() == 2u);
        BOOST_TEST(found.options.lowerdir[0].path() == lower2);
        BOOST_TEST(found.options.upperdir->path() == upper);
        BOOST_TEST(found.options.workdir->path() == work);
        BOOST_TEST(mount.requested_but_not_effective().empty());
    });
}

BOOST_AUTO_TEST_CASE(a_detached_one_is_read_back_too) {
    if (!detaches())
        return;
    with_fitting_policies([&](auto set) {
        auto options = writable();
        options.is_volatile = true;
        const auto mount = required(mount_of<decltype(set)>::make(options));
        const auto found = mount.effective();
        BOOST_TEST_MESSAGE("read from source " << static_cast<int>(found.source));
        BOOST_TEST(found.options.is_volatile);
        BOOST_TEST(mount.requested_but_not_effective().empty());
    });
}

// In a user namespace index falls away without a word; as root, over a workdir that cannot be
// made, the mount itself comes up read-only.
BOOST_AUTO_TEST_CASE(what_did_not_come_is_reported) {
    const auto inside = ovl::running_in_user_namespace();
    with_fitting_policies([&](auto set) {
        if (inside.has_value() && inside.value()) {
            auto options = writable();
            options.index = ovl::toggle::on;
            const auto mount = required(mount_of<decltype(set)>::make_at(options, merged));
            const auto missing = mount.requested_but_not_effective();
            BOOST_REQUIRE(missing.size() == 1u);
            BOOST_TEST((missing.front() == ovl::option_difference{"index", "on", "off"}));
        } else {
            BOOST_REQUIRE(::mkdir((work + "/work").c_str(), 0755) == 0);
            BOOST_REQUIRE(::mkdir((work + "/work/x").c_str(), 0755) == 0);
            BOOST_REQUIRE(::mount("tmpfs", (work + "/work/x").c_str(), "tmpfs", 0, nullptr) == 0);
            {
                auto options = writable();
                const auto made = mount_of<decltype(set)>::make_at(options, merged);
                if (made.has_value()) {
                    const auto missing = made.value().requested_but_not_effective();
                    BOOST_REQUIRE(missing.size() == 1u);
                    BOOST_TEST((missing.front() == ovl::option_difference{"rw", "rw", "ro"}));
                }
            }
            BOOST_TEST(::umount2((work + "/work/x").c_str(), MNT_DETACH) == 0);
        }
    });
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
