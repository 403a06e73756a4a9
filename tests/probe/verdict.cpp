// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/verdict.hpp>

#include "support/print.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>

using ovl::answer;
using ovl::capability;
using ovl::reason;

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(verdict)

BOOST_AUTO_TEST_CASE(compares_with_an_answer) {
    const ovl::verdict found = ovl::give(capability::native_diff, answer::no, reason::metacopy_off);
    BOOST_TEST((found == answer::no));
    BOOST_TEST((found != answer::yes));
    BOOST_TEST((found != answer::unknown));
}

BOOST_AUTO_TEST_CASE(one_that_was_never_given_is_unknown) {
    BOOST_TEST((ovl::verdict{} == answer::unknown));
}

BOOST_AUTO_TEST_CASE(tells_the_whole_story_in_one_line) {
    const ovl::verdict found =
        ovl::give(capability::native_diff, answer::unknown, reason::bad_mount_option,
                  ovl::failure{.where = ovl::step::mount,
                               .call = "fsconfig",
                               .error_number = EINVAL,
                               .subject = "metacopi=on",
                               .kernel_message = "Unknown parameter 'metacopi'"});
    BOOST_TEST(found.evidence_text() ==
               "mount: fsconfig metacopi=on: EINVAL: Unknown parameter 'metacopi'");
    const std::string why = found.why();
    BOOST_TEST(why.starts_with("native-diff: unknown: the mount works without"));
    BOOST_TEST(why.find("(" + found.evidence_text() + ")") != std::string::npos);
    BOOST_TEST(why.find("; fix: check the options") != std::string::npos);
    BOOST_TEST(why.find('\n') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(leaves_out_what_it_does_not_have) {
    const ovl::verdict found =
        ovl::give(capability::metacopy_active, answer::no, reason::metacopy_off);
    BOOST_TEST(found.evidence_text().empty());
    BOOST_TEST(found.why() == "metacopy-active: no: a change of metadata copies the whole file up");
}

BOOST_AUTO_TEST_CASE(where_a_writable_mount_is_ruled_out_a_capability_is_no_and_a_state_unknown) {
    const ovl::failure without_xattrs{.where = ovl::step::build_layers, .error_number = ENOTSUP};
    const ovl::verdict of_capability =
        ovl::could_not(capability::native_diff, without_xattrs, ovl::identify(0xEF53, false));
    BOOST_TEST(of_capability.is == answer::no);
    BOOST_TEST(of_capability.because == reason::no_xattrs);
    const ovl::verdict of_state =
        ovl::could_not(capability::metacopy_active, without_xattrs, ovl::identify(0xEF53, false));
    BOOST_TEST(of_state.is == answer::unknown);
    BOOST_TEST(of_state.because == reason::no_writable_mount);
}

BOOST_AUTO_TEST_CASE(nothing_that_may_pass_is_ever_no) {
    const auto anywhere = {ovl::step::open_directory, ovl::step::create_scratch,
                           ovl::step::build_layers,   ovl::step::enter_namespace,
                           ovl::step::mount,          ovl::step::act,
                           ovl::step::observe};
    for (const ovl::step where : anywhere)
        for (const int error : {EIO, ENOSPC, EDQUOT, EMFILE, ENFILE, ENOMEM}) {
            const ovl::failure what{.where = where, .error_number = error};
            BOOST_TEST((ovl::could_not(capability::native_diff, what,
                                       ovl::identify(0x794C7630, true)) == answer::unknown),
                       ovl::name(where) << " " << ovl::detail::errno_name(error));
        }
}

BOOST_AUTO_TEST_CASE(a_directory_that_does_not_open_is_named_so_whatever_the_errno) {
    for (const int error : {ENOENT, ENOTDIR, EACCES, ENAMETOOLONG, EIO, EINVAL})
        BOOST_TEST(ovl::reason_of({.where = ovl::step::open_directory, .error_number = error},
                                  ovl::identify(0xEF53, false)) == reason::directory_not_opened);
}

BOOST_AUTO_TEST_CASE(an_errno_means_what_it_does_in_its_step) {
    const auto on_ext4 = [](ovl::step where, int error) {
        return ovl::reason_of({.where = where, .error_number = error},
                              ovl::identify(0xEF53, false));
    };
    BOOST_TEST(on_ext4(ovl::step::act, EPERM) == reason::not_permitted);
    BOOST_TEST(on_ext4(ovl::step::mount, EPERM) == reason::mount_not_permitted);
    BOOST_TEST(on_ext4(ovl::step::act, ENOTSUP) == reason::step_failed);
    BOOST_TEST(on_ext4(ovl::step::act, EROFS) == reason::mount_read_only);
    BOOST_TEST(on_ext4(ovl::step::create_scratch, EROFS) == reason::read_only_filesystem);
    BOOST_TEST(on_ext4(ovl::step::act, ENODEV) == reason::step_failed);
    BOOST_TEST(on_ext4(ovl::step::enter_namespace, EPERM) == reason::not_permitted);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
