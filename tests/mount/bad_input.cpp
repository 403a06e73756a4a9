// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "layers_fixture.hpp"
#include "support/kernel_version.hpp"

#include <ovl/environment/security_modules.hpp>
#include <ovl/mount/overlay_mount.hpp>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <ovl/sandbox/leftovers.hpp>
#include <set>
#include <string>
#include <sys/mount.h>

namespace test = boost::unit_test;
using ovl_test::layers_fixture;
using ovl_test::line_of;
using ovl_test::with_fitting_policies;

namespace {

/// Mounts, through both backends, what must be refused, and gives the failures; sees to it that
/// nothing is mounted or made.
struct refusal_fixture : layers_fixture {
    std::vector<ovl::failure> refusals(const ovl::mount_options& options) {
        std::vector<ovl::failure> all;
        with_fitting_policies([&](auto set) {
            using best = decltype(set);
            using classic = ovl::policy_set<typename best::xattr_class, ovl::classic_mount,
                                            typename best::filesystem_class>;
            all.push_back(refusal<best>(options));
            all.push_back(refusal<classic>(options));
        });
        return all;
    }

    template <class P>
    ovl::failure refusal(const ovl::mount_options& options) {
        const auto mounts = ovl::sandbox::current_mounts();
        const auto entries = ovl_test::entries_of(base.path());
        const auto in_work = ovl_test::entries_of(work);
        const auto made = ovl::overlay_mount<P>::make_at(options, merged);
        BOOST_REQUIRE(!made.has_value());
        BOOST_TEST_MESSAGE(line_of(made.error()));
        BOOST_TEST((ovl::sandbox::current_mounts() == mounts));
        BOOST_TEST(ovl_test::entries_of(base.path()) == entries, boost::test_tools::per_element());
        BOOST_TEST(ovl_test::entries_of(work) == in_work, boost::test_tools::per_element());
        return made.error();
    }

    void is_refused(const ovl::mount_options& options, const std::string& subject,
                    const std::string& rule) {
        for (const ovl::failure& refused : refusals(options)) {
            BOOST_TEST(refused.subject == subject, line_of(refused));
            BOOST_TEST(refused.explanation.find(rule) != std::string::npos, line_of(refused));
            BOOST_TEST(refused.error_number != 0);
        }
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_FIXTURE_TEST_SUITE(bad_input, refusal_fixture, *test::precondition(ovl_test::needs_overlay{}))

BOOST_AUTO_TEST_CASE(no_lower_layer) {
    is_refused({.upperdir = upper, .workdir = work}, "lowerdir", "needs a lower layer");
    is_refused({.lowerdir = {lower1, ""}}, "lowerdir", "path is empty");
    is_refused({.lowerdir = {lower1}}, "lowerdir=" + lower1, "at least two");
}

BOOST_AUTO_TEST_CASE(a_layer_that_is_a_file_or_missing) {
    const std::string file = base.make_file("file");
    is_refused({.lowerdir = {file, lower1}}, "lowerdir=" + file, "not a directory");
    is_refused({.lowerdir = {lower1, base.path("gone")}}, "lowerdir=" + base.path("gone"),
               "does not exist");
    is_refused({.lowerdir = {lower1}, .upperdir = base.path("gone"), .workdir = work},
               "upperdir=" + base.path("gone"), "does not exist");
    is_refused({.lowerdir = {lower1}, .upperdir = upper, .workdir = file}, "workdir=" + file,
               "not a directory");
}

BOOST_AUTO_TEST_CASE(an_upper_layer_without_a_workdir_or_the_other_way_round) {
    is_refused({.lowerdir = {lower1}, .upperdir = upper}, "upperdir without workdir", "workdir");
    is_refused({.lowerdir = {lower1}, .workdir = work}, "workdir without upperdir", "upper layer");
}

BOOST_AUTO_TEST_CASE(a_workdir_on_another_mount_or_within_the_upper_layer) {
    const std::string elsewhere = base.make("elsewhere");
    BOOST_REQUIRE(::mount("tmpfs", elsewhere.c_str(), "tmpfs", 0, nullptr) == 0);
    is_refused({.lowerdir = {lower1}, .upperdir = upper, .workdir = elsewhere},
               "workdir=" + elsewhere, "same mount");
    BOOST_TEST(::umount2(elsewhere.c_str(), 0) == 0);
    const std::string inside = base.make("upper/inside");
    is_refused({.lowerdir = {lower1}, .upperdir = upper, .workdir = inside}, "workdir=" + inside,
               "must not lie in upperdir");
    is_refused({.lowerdir = {lower1}, .upperdir = inside, .workdir = upper}, "upperdir=" + inside,
               "must not lie in workdir");
    is_refused({.lowerdir = {lower1}, .upperdir = upper, .workdir = upper}, "workdir=" + upper,
               "must not lie in upperdir");
}

BOOST_AUTO_TEST_CASE(layers_that_overlap) {
    const std::string inner = base.make("lower1/inner");
    is_refused({.lowerdir = {lower1, inner}}, "lowerdir=" + inner + " in lowerdir=" + lower1,
               "must not overlap");
    is_refused({.lowerdir = {lower1, lower1}}, "lowerdir=" + lower1 + " in lowerdir=" + lower1,
               "must not overlap");
}

BOOST_AUTO_TEST_CASE(too_many_layers) {
    ovl::mount_options options;
    for (int i = 0; i != 501; ++i)
        options.lowerdir.emplace_back(base.path(std::string{"l"}.append(std::to_string(i))));
    is_refused(options, "501 lower layers", "at most 500");
}

BOOST_AUTO_TEST_CASE(two_options_in_conflict) {
    auto options = writable();
    options.metacopy = ovl::toggle::on;
    options.redirect_dir = ovl::redirect_dir_mode::off;
    is_refused(options, "metacopy=on with redirect_dir=off", "needs redirect_dir=on");
    options = writable();
    options.nfs_export = ovl::toggle::on;
    options.index = ovl::toggle::off;
    is_refused(options, "nfs_export=on with index=off", "needs index=on");
    options = writable();
    options.userxattr = true;
    options.metacopy = ovl::toggle::on;
    is_refused(options, "metacopy=on with userxattr", "no safe place");
    options.metacopy = ovl::toggle::kernel_default;
    options.redirect_dir = ovl::redirect_dir_mode::on;
    is_refused(options, "redirect_dir=on with userxattr", "nofollow is allowed");
}

BOOST_AUTO_TEST_CASE(an_option_that_the_kernel_does_not_have) {
    auto options = writable();
    options.others.push_back({"ovl_no_such", "1"});
    for (const ovl::failure& refused : refusals(options)) {
        BOOST_TEST(refused.error_number == EINVAL);
        BOOST_TEST(refused.explanation.find("no such option") != std::string::npos,
                   line_of(refused));
        BOOST_TEST(refused.subject == "ovl_no_such=1");
    }
}

// A label reaches the kernel whole, through either interface: where SELinux is off the refusal names the option, and not
// the category behind its comma.
BOOST_AUTO_TEST_CASE(a_label_that_nobody_reads) {
    if (ovl::read_security_modules().label_is_of_selinux())
        return;
    auto options = writable();
    options.others = {{"context", "system_u:object_r:tmp_t:s0:c1,c2"}};
    for (const ovl::failure& refused : refusals(options)) {
        BOOST_TEST(refused.error_number == EINVAL, line_of(refused));
        BOOST_TEST(refused.subject == "context=system_u:object_r:tmp_t:s0:c1,c2", line_of(refused));
    }
}

BOOST_AUTO_TEST_CASE(an_upper_layer_that_is_read_only) {
    const std::string readonly = base.make("readonly");
    BOOST_REQUIRE(::mount("tmpfs", readonly.c_str(), "tmpfs", 0, nullptr) == 0);
    static_cast<void>(base.make("readonly/u"));
    static_cast<void>(base.make("readonly/w"));
    BOOST_REQUIRE(::mount(nullptr, readonly.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) ==
                  0);
    is_refused({.lowerdir = {lower1},
                .upperdir = base.path("readonly/u"),
                .workdir = base.path("readonly/w")},
               "upperdir=" + base.path("readonly/u"), "read-only");
    BOOST_TEST(::umount2(readonly.c_str(), 0) == 0);
}

BOOST_AUTO_TEST_CASE(overlays_stacked_too_deep) {
    const std::string first = base.make("first");
    const std::string second = base.make("second");
    with_fitting_policies([&](auto set) {
        using mount = ovl::overlay_mount<decltype(set)>;
        const auto below = ovl_test::required(mount::make_at(read_only(), first));
        const auto above =
            ovl_test::required(mount::make_at({.lowerdir = {first, lower2}}, second));
        // Older kernels tell only that something is invalid.
        if (ovl_test::kernel_is_before(6, 13))
            for (const ovl::failure& refused : refusals({.lowerdir = {second, lower1}}))
                BOOST_TEST(refused.error_number == EINVAL, line_of(refused));
        else
            is_refused({.lowerdir = {second, lower1}}, "lowerdir=" + second, "stack two deep");
    });
}

BOOST_AUTO_TEST_CASE(a_workdir_that_a_volatile_mount_has_used) {
    auto options = writable();
    options.is_volatile = true;
    with_fitting_policies([&](auto set) {
        static_cast<void>(
            ovl_test::required(ovl::overlay_mount<decltype(set)>::make_at(options, merged)));
    });
    is_refused(options, "workdir=" + work, "volatile mount has used it");
}

BOOST_AUTO_TEST_CASE(every_refusal_has_words_of_its_own) {
    std::set<std::string> rules;
    std::size_t count = 0;
    for (const ovl::option_conflict& conflict : ovl::option_conflicts) {
        rules.insert(std::string{conflict.one}.append(conflict.other));
        BOOST_TEST(!conflict.rule.empty());
        ++count;
    }
    BOOST_TEST(rules.size() == count);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
