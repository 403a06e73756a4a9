// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/lower_layer.hpp>

#include "support/answers_in_child.hpp"
#include "support/fake_mount.hpp"
#include "support/filesystem_variants.hpp"
#include "support/kernel_version.hpp"
#include "support/mounted_directory.hpp"
#include "support/policy_lists.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <sys/mount.h>

using boost::unit_test::precondition;
using ovl::answer;
using ovl::reason;
using ovl_test::check_verdict;
using ovl_test::mounted_directory;
using ovl_test::temporary_directory;

namespace {

void check_everywhere(const std::string& where, answer is, reason because) {
    ovl_test::for_each_policies<ovl_test::user_policies>([&]<class P>() {
        const auto before = ovl_test::entries_of(where);
        check_verdict(ovl::can_be_lower_layer<P>(where), is, because);
        BOOST_TEST(ovl_test::entries_of(where) == before, boost::test_tools::per_element());
    });
}

/// An overlay on a directory, for as long as this lives.
class overlay_on {
  public:
    explicit overlay_on(const std::string& lower) {
        tree_.make("upper");
        tree_.make("work");
        tree_.make("merged");
        const std::string options = "userxattr,lowerdir=" + lower +
                                    ",upperdir=" + tree_.path("upper") +
                                    ",workdir=" + tree_.path("work");
        BOOST_REQUIRE(::mount("overlay", path().c_str(), "overlay", 0, options.c_str()) == 0);
    }
    overlay_on(const overlay_on&) = delete;
    overlay_on& operator=(const overlay_on&) = delete;
    ~overlay_on() { BOOST_CHECK(::umount2(path().c_str(), 0) == 0); }

    [[nodiscard]] std::string path() const { return tree_.path("merged"); }

  private:
    temporary_directory tree_;
};

/// What is answered where as many of the first mounts fail so; `asked` are asked for in all.
ovl::verdict where_mounts_fail(const std::string& where, int error_number, std::size_t failing,
                               std::size_t asked) {
    using policies = ovl::policy_set<ovl::user_xattr, ovl_test::fake_mount, ovl::posix_fs>;
    ovl_test::mount_script script;
    script.refuse_first(failing, error_number);
    const policies set{.mount = {&script}, .fs = {}};
    const auto found = ovl::can_be_lower_layer(where, {}, set);
    BOOST_TEST(script.asked.size() == asked);
    return found;
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(lower_layer, *precondition(ovl_test::needs_userxattr{}))

BOOST_AUTO_TEST_CASE(a_directory_with_something_in_it) {
    const temporary_directory here;
    here.make("directory");
    here.make_file("file");
    check_everywhere(here.path(), answer::yes, reason::lower_layer_works);
}

BOOST_AUTO_TEST_CASE(a_read_only_mount) {
    const temporary_directory here;
    const mounted_directory made = mounted_directory::read_only(here.path());
    check_everywhere(made.path(), answer::yes, reason::lower_layer_works);
}

BOOST_AUTO_TEST_CASE(an_overlay_and_an_overlay_on_it) {
    const temporary_directory lower;
    const overlay_on first{lower.path()};
    check_everywhere(first.path(), answer::yes, reason::lower_layer_works);
    const overlay_on second{first.path()};
    check_everywhere(second.path(), answer::no, reason::stacking_too_deep);
}

BOOST_AUTO_TEST_CASE(a_filesystem_that_the_kernel_refuses) {
    check_verdict(ovl::can_be_lower_layer<ovl::rootless>("/proc"), answer::no,
                  reason::lower_layer_refused);
}

BOOST_AUTO_TEST_CASE(a_long_path_with_every_separator) {
    const temporary_directory here;
    std::string path = here.path();
    for (const char* const part : {"a:b", "c,d", "e\\f", "g h", "=\n"}) {
        path += "/" + std::string{part} + std::string(230, 'x');
        BOOST_REQUIRE(::mkdir(path.c_str(), 0755) == 0);
    }
    check_everywhere(path, answer::yes, reason::lower_layer_works);
}

BOOST_AUTO_TEST_CASE(without_the_newer_calls) {
    const std::string found =
        ovl_test::answer_after<ovl::rootless, ovl::lower_layer>(ovl_test::on_old_kernel);
    BOOST_TEST(found == "yes lower-layer-works");
}

/// The control is for refusals.
BOOST_AUTO_TEST_CASE(where_nothing_can_be_mounted_it_is_no_answer) {
    const temporary_directory here;
    for (const int error : {EINVAL, EPERM, EACCES})
        BOOST_TEST((where_mounts_fail(here.path(), error, 2, 2) == answer::unknown));
    BOOST_TEST((where_mounts_fail(here.path(), ENOMEM, 1, 1) == answer::unknown));
}

BOOST_AUTO_TEST_CASE(where_this_layer_alone_is_refused_it_is_a_no) {
    const temporary_directory here;
    for (const int error : {EINVAL, EPERM, EACCES})
        check_verdict(where_mounts_fail(here.path(), error, 1, 2), answer::no,
                      reason::lower_layer_refused);
    const overlay_on stacked{here.path()};
    check_verdict(where_mounts_fail(stacked.path(), EINVAL, 1, 2), answer::no,
                  reason::stacking_too_deep);
    check_verdict(where_mounts_fail(stacked.path(), EPERM, 1, 2), answer::no,
                  reason::lower_layer_refused);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
