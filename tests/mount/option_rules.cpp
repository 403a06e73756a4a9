// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/option_rules.hpp>

#include "layers_fixture.hpp"

#include <ovl/mount/fsopen_mount.hpp>
#include <ovl/mount/option_string.hpp>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>

namespace test = boost::unit_test;
using ovl_test::layers_fixture;

namespace {

/// The two options of a rule, on a writable overlay, and nothing else.
ovl::mount_options with_both(const ovl::option_conflict& rule) {
    const auto read =
        ovl::parse_mount_options("lowerdir=/l,upperdir=/u,workdir=/w," + std::string{rule.one});
    BOOST_REQUIRE(read.has_value());
    ovl::mount_options options = read.value();
    // Not one string: there the last of `volatile` and `fsync` wins.
    const auto other = ovl::parse_mount_options(rule.other);
    BOOST_REQUIRE(other.has_value());
    return options.overlaid_with(other.value());
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_AUTO_TEST_SUITE(option_rules)

BOOST_AUTO_TEST_CASE(each_conflict_names_both_options_and_its_rule) {
    for (const ovl::option_conflict& rule : ovl::option_conflicts) {
        const auto checked = ovl::check_options(with_both(rule));
        BOOST_REQUIRE(!checked.has_value());
        BOOST_TEST(checked.error().subject ==
                   std::string{rule.one}.append(" with ").append(rule.other));
        BOOST_TEST(checked.error().explanation == rule.rule);
        BOOST_TEST(checked.error().error_number == EINVAL);
        BOOST_TEST((checked.error().where == ovl::step::check_options));
    }
}

BOOST_AUTO_TEST_CASE(either_option_alone_is_no_conflict) {
    for (const ovl::option_conflict& rule : ovl::option_conflicts)
        for (const std::string_view one : {rule.one, rule.other}) {
            const auto read =
                ovl::parse_mount_options("lowerdir=/l,upperdir=/u,workdir=/w," + std::string{one});
            BOOST_REQUIRE(read.has_value());
            BOOST_TEST(ovl::check_options(read.value()).has_value(), one);
        }
}

// The rules are the kernel's, so it must refuse what they refuse; asked past them.
BOOST_FIXTURE_TEST_CASE(the_kernel_refuses_each_of_them, layers_fixture,
                        *test::precondition(ovl::sandbox::needs_root{})) {
    const ovl::unique_fd at{::open(base.path().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const std::array lower{ovl::layer{at.get(), "lower1"}};
    const auto mounts_with = [&](const ovl::mount_options& options) {
        const auto parameters = options.parameters();
        return ovl::owned_mount::make(ovl::classic_mount{},
                                      {.lower = lower,
                                       .upper = ovl::layer{at.get(), "upper"},
                                       .work = ovl::layer{at.get(), "work"},
                                       .parameters = parameters},
                                      {.at = at.get(), .path = "merged"});
    };
    BOOST_REQUIRE(mounts_with({}).has_value());
    for (const ovl::option_conflict& rule : ovl::option_conflicts) {
        const auto made = mounts_with(with_both(rule));
        // Of two fsync options the kernel takes the last, where it knows any; the rule is ours there.
        if (rule.one == "volatile")
            continue;
        BOOST_REQUIRE_MESSAGE(!made.has_value(), rule.one << " with " << rule.other);
        BOOST_TEST(made.error().error_number == EINVAL, rule.one << " with " << rule.other);
    }
}

BOOST_AUTO_TEST_CASE(layers_that_make_no_overlay) {
    const auto subject = [](const ovl::mount_options& options) {
        const auto checked = ovl::check_options(options);
        return checked.has_value() ? "" : checked.error().subject;
    };
    BOOST_TEST(subject({}) == "lowerdir");
    BOOST_TEST(subject({.datadir = {"/d"}}) == "lowerdir");
    BOOST_TEST(subject({.lowerdir = {"/l"}}) == "lowerdir=/l");
    BOOST_TEST(subject({.lowerdir = {"/l", ""}}) == "lowerdir");
    BOOST_TEST(subject({.lowerdir = {"/l"}, .upperdir = "/u"}) == "upperdir without workdir");
    BOOST_TEST(subject({.lowerdir = {"/l"}, .workdir = "/w"}) == "workdir without upperdir");
    BOOST_TEST(subject({.lowerdir = {"/l"}, .datadir = {"/d"}}) == "");
    BOOST_TEST(subject({.lowerdir = {"/l"}, .upperdir = "/u", .workdir = "/w"}) == "");
    // A descriptor has no path, and needs none.
    BOOST_TEST(subject({.lowerdir = {ovl::layer_source::of(3), ovl::layer_source::of(4)}}) == "");
}

BOOST_AUTO_TEST_CASE(five_hundred_layers_and_no_more) {
    ovl::mount_options options;
    options.lowerdir.assign(ovl::most_layers - 1, "/l");
    options.datadir.assign(1, "/d");
    BOOST_TEST(ovl::check_options(options).has_value());
    options.datadir.emplace_back("/e");
    BOOST_TEST(ovl::check_options(options).error().subject == "501 lower layers");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
