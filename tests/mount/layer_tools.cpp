// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/kernel_version.hpp"
#include "layers_fixture.hpp"

#include <ovl/mount/oci_whiteout.hpp>
#include <ovl/mount/overlay_mount.hpp>
#include <ovl/mount/whiteout.hpp>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <vector>

namespace test = boost::unit_test;
using ovl_test::entries_of;
using ovl_test::layers_fixture;
using ovl_test::line_of;
using ovl_test::required;
using ovl_test::with_fitting_policies;
using names = std::vector<std::string>;

namespace {

struct tools_fixture : layers_fixture {
    ovl::unique_fd top{::open(lower2.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    tools_fixture() {
        static_cast<void>(base.make("lower1/d"));
        static_cast<void>(base.make_file("lower1/d/below"));
        static_cast<void>(base.make("lower2/d"));
        static_cast<void>(base.make_file("lower2/d/above"));
    }
    /// What the merged view of the two layers lists.
    template <class P>
    names merged_names(const P&, const char* below) {
        const auto mount = required(ovl::overlay_mount<P>::make_at(read_only(), merged));
        return entries_of(merged + "/" + below);
    }
};

template <class X>
ovl::layer_entry entry(const ovl::unique_fd& at, const char* name) {
    auto read = ovl::read_layer_entry<X>(at.get(), name);
    BOOST_REQUIRE_MESSAGE(read.has_value(), (read.has_value() ? "" : line_of(read.error())));
    return read.value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_FIXTURE_TEST_SUITE(layer_tools, tools_fixture, *test::precondition(ovl_test::needs_overlay{}))

BOOST_AUTO_TEST_CASE(a_whiteout_device_hides_and_is_told) {
    with_fitting_policies([&](auto set) {
        using xattrs = typename decltype(set)::xattr_class;
        BOOST_TEST(merged_names(set, "") == (names{"d", "one", "two"}),
                   boost::test_tools::per_element());
        BOOST_REQUIRE(ovl::make_whiteout(top.get(), "one").has_value());
        BOOST_TEST(merged_names(set, "") == (names{"d", "two"}), boost::test_tools::per_element());
        BOOST_TEST((entry<xattrs>(top, "one") == ovl::layer_entry{.whiteout = true}));
        BOOST_TEST((entry<xattrs>(top, "two") == ovl::layer_entry{}));
        const auto again = ovl::make_whiteout(top.get(), "one");
        BOOST_REQUIRE(!again.has_value());
        BOOST_TEST(again.error().error_number == EEXIST);
    });
}

BOOST_AUTO_TEST_CASE(an_opaque_directory_hides_what_lies_below) {
    with_fitting_policies([&](auto set) {
        using xattrs = typename decltype(set)::xattr_class;
        BOOST_TEST(merged_names(set, "d") == (names{"above", "below"}),
                   boost::test_tools::per_element());
        BOOST_REQUIRE(ovl::make_opaque<xattrs>(top.get(), "d").has_value());
        BOOST_TEST(merged_names(set, "d") == names{"above"}, boost::test_tools::per_element());
        BOOST_TEST((entry<xattrs>(top, "d") == ovl::layer_entry{.opaque = true}));
    });
}

BOOST_AUTO_TEST_CASE(an_xattr_whiteout_is_an_empty_file_with_a_mark) {
    with_fitting_policies([&](auto set) {
        using xattrs = typename decltype(set)::xattr_class;
        const ovl::unique_fd d{::openat(top.get(), "d", O_RDONLY | O_DIRECTORY)};
        BOOST_REQUIRE(ovl::make_xattr_whiteout<xattrs>(d.get(), "below").has_value());
        BOOST_TEST((entry<xattrs>(d, "below") == ovl::layer_entry{.whiteout = true}));
        BOOST_TEST((entry<xattrs>(top, "d") == ovl::layer_entry{.holds_xattr_whiteouts = true}));
        // An older kernel takes it for any other file.
        const names shown =
            ovl_test::kernel_is_before(6, 7) ? names{"above", "below"} : names{"above"};
        BOOST_TEST(merged_names(set, "d") == shown, boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(redirects_and_metacopy_are_told_from_the_upper_layer) {
    const auto inside = ovl::running_in_user_namespace();
    if (!inside.has_value() || inside.value())
        return; // a user namespace has neither
    auto options = writable();
    options.metacopy = ovl::toggle::on;
    {
        const auto mount = required(ovl::overlay_mount<ovl::rootful>::make_at(options, merged));
        BOOST_TEST(::renameat(mount.root(), "d", mount.root(), "e") == 0);
        BOOST_TEST(::fchmodat(mount.root(), "two", 0600, 0) == 0);
    }
    const ovl::unique_fd written{::open(upper.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    BOOST_TEST((entry<ovl::trusted_xattr>(written, "e").redirect == "d"));
    BOOST_TEST(entry<ovl::trusted_xattr>(written, "two").metacopy);
    BOOST_TEST(entry<ovl::trusted_xattr>(written, "d").whiteout);
    const auto refused = ovl::to_oci<ovl::trusted_xattr>(written.get(), "two");
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().error_number == ENOTSUP);
}

BOOST_AUTO_TEST_CASE(oci_names_become_overlay_forms_and_back) {
    with_fitting_policies([&](auto set) {
        using xattrs = typename decltype(set)::xattr_class;
        static_cast<void>(base.make_file("lower2/.wh.one"));
        static_cast<void>(base.make_file("lower2/d/.wh..wh..opq"));
        const ovl::unique_fd d{::openat(top.get(), "d", O_RDONLY | O_DIRECTORY)};
        BOOST_REQUIRE(ovl::from_oci<xattrs>(top.get(), ".wh.one").has_value());
        BOOST_REQUIRE(ovl::from_oci<xattrs>(d.get(), ".wh..wh..opq").has_value());
        BOOST_TEST(entries_of(lower2) == (names{"d", "one", "two"}),
                   boost::test_tools::per_element());
        BOOST_TEST(merged_names(set, "") == (names{"d", "two"}), boost::test_tools::per_element());
        BOOST_TEST(merged_names(set, "d") == names{"above"}, boost::test_tools::per_element());

        BOOST_TEST(ovl::to_oci<xattrs>(top.get(), "one").value());
        BOOST_TEST(ovl::to_oci<xattrs>(top.get(), "d").value());
        BOOST_TEST(!ovl::to_oci<xattrs>(top.get(), "two").value());
        BOOST_TEST(entries_of(lower2) == (names{".wh.one", "d", "two"}),
                   boost::test_tools::per_element());
        BOOST_TEST(entries_of(lower2 + "/d") == (names{".wh..wh..opq", "above"}),
                   boost::test_tools::per_element());
    });
}

BOOST_AUTO_TEST_CASE(oci_names_that_cannot_be_turned_are_refused) {
    using ovl::oci_entry;
    BOOST_TEST((ovl::classify_oci_name("a.wh.b") == oci_entry::ordinary));
    BOOST_TEST((ovl::classify_oci_name(".wh.a") == oci_entry::whiteout));
    BOOST_TEST((ovl::classify_oci_name(".wh..wh..opq") == oci_entry::opaque));
    BOOST_TEST((ovl::classify_oci_name(".wh..wh.plnk") == oci_entry::reserved));
    BOOST_TEST((ovl::classify_oci_name(".wh.") == oci_entry::reserved));
    for (const char* const bad : {".wh..", ".wh...", "plain", ".wh..wh.aufs", ".wh.a/b", ".wh."}) {
        const auto refused = ovl::from_oci<ovl::user_xattr>(top.get(), bad);
        BOOST_REQUIRE_MESSAGE(!refused.has_value(), bad);
        BOOST_TEST(refused.error().error_number == EINVAL, bad);
        BOOST_TEST(refused.error().subject == bad);
    }
    using namespace std::string_view_literals;
    BOOST_TEST(!ovl::from_oci<ovl::user_xattr>(top.get(), ".wh.a\0b"sv).has_value());
    BOOST_TEST(!ovl::from_oci<ovl::user_xattr>(top.get(), ".wh..\0b"sv).has_value());
    const std::string longest(253, 'n');
    BOOST_REQUIRE(ovl::make_whiteout(top.get(), longest.c_str()).has_value());
    const auto refused = ovl::to_oci<ovl::user_xattr>(top.get(), longest.c_str());
    BOOST_REQUIRE(!refused.has_value());
    BOOST_TEST(refused.error().error_number == ENAMETOOLONG);
    BOOST_TEST(entries_of(lower2).size() == 3u);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
