// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/verdict.hpp>

#include "support/print.hpp"

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <ostream>

using ovl::answer;
using ovl::capability;
using ovl::reason;

namespace {

const ovl::backing_filesystem ordinary = ovl::identify(0xEF53, false);
const ovl::backing_filesystem read_only = ovl::identify(0xEF53, true);
const ovl::backing_filesystem overlaid = ovl::identify(0x794C7630, false);

struct meaning {
    ovl::step where;
    int error_number;
    const ovl::backing_filesystem& on;
    reason because;
};

std::ostream& operator<<(std::ostream& out, const meaning& shown) {
    return out << name(shown.where) << " " << ovl::detail::errno_name(shown.error_number) << " on "
               << (shown.on.read_only ? "read-only " : "") << shown.on.type;
}

using ovl::step;
const std::array meanings{
    meaning{step::mount, ENOSPC, ordinary, reason::no_space},
    meaning{step::act, EDQUOT, ordinary, reason::no_space},
    meaning{step::act, EMFILE, ordinary, reason::out_of_resources},
    meaning{step::act, ENFILE, ordinary, reason::out_of_resources},
    meaning{step::act, ENOMEM, ordinary, reason::out_of_resources},
    meaning{step::mount, EIO, overlaid, reason::input_output_error},
    // A scratch directory of one's own cannot be had; only there do these say so.
    meaning{step::create_scratch, ENOTSUP, ordinary, reason::no_private_scratch},
    meaning{step::create_scratch, EAGAIN, ordinary, reason::no_private_scratch},
    meaning{step::build_layers, EAGAIN, ordinary, reason::step_failed},
    // What is made ready on a read-only filesystem fails for that, whatever is said.
    meaning{step::create_scratch, EROFS, ordinary, reason::step_failed},
    meaning{step::build_layers, EROFS, ordinary, reason::step_failed},
    meaning{step::mount, EROFS, ordinary, reason::step_failed},
    meaning{step::create_scratch, EACCES, read_only, reason::read_only_filesystem},
    meaning{step::act, EACCES, read_only, reason::access_denied},
    meaning{step::act, EROFS, ordinary, reason::step_failed},
    // On an overlay, making the layers and mounting them fail for that; the scratch directory does not.
    meaning{step::mount, EINVAL, overlaid, reason::overlay_on_overlay},
    meaning{step::build_layers, ENOTSUP, overlaid, reason::overlay_on_overlay},
    meaning{step::mount, EPERM, overlaid, reason::overlay_on_overlay},
    meaning{step::mount, EACCES, overlaid, reason::mount_denied},
    meaning{step::create_scratch, EPERM, overlaid, reason::not_permitted},
    meaning{step::act, EPERM, overlaid, reason::not_permitted},
    meaning{step::build_layers, ENOTSUP, ordinary, reason::no_xattrs},
    meaning{step::observe, ENOTSUP, ordinary, reason::no_xattrs},
    meaning{step::act, ENOTSUP, ordinary, reason::step_failed},
    meaning{step::observe, EBADF, ordinary, reason::step_failed},
    meaning{step::mount, ENODEV, ordinary, reason::overlay_missing},
    meaning{step::act, ENODEV, ordinary, reason::step_failed},
    meaning{step::mount, ENOSYS, ordinary, reason::mount_interface_missing},
    meaning{step::act, ENOSYS, ordinary, reason::step_failed},
    meaning{step::mount, E2BIG, ordinary, reason::interface_limit},
    meaning{step::mount, ENAMETOOLONG, ordinary, reason::interface_limit},
    meaning{step::act, ENAMETOOLONG, ordinary, reason::step_failed},
    meaning{step::mount, EPERM, ordinary, reason::mount_not_permitted},
    meaning{step::act, EPERM, ordinary, reason::not_permitted},
    meaning{step::enter_namespace, EPERM, ordinary, reason::not_permitted},
    meaning{step::mount, EACCES, ordinary, reason::mount_denied},
    meaning{step::act, EACCES, ordinary, reason::access_denied},
    meaning{step::mount, EINVAL, ordinary, reason::mount_refused},
    meaning{step::act, EINVAL, ordinary, reason::refused_as_invalid},
    meaning{step::mount, ELOOP, ordinary, reason::step_failed},
};

} // namespace

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
    BOOST_TEST(why.find(std::string{"("}.append(found.evidence_text()).append(")")) !=
               std::string::npos);
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

BOOST_AUTO_TEST_CASE(what_is_read_only_in_the_middle_is_unknown_and_what_was_before_is_no) {
    const ovl::failure what{.where = ovl::step::create_scratch, .error_number = EROFS};
    const ovl::verdict in_the_middle =
        ovl::could_not(capability::native_diff, what, ovl::identify(0xEF53, false));
    BOOST_TEST((in_the_middle == answer::unknown));
    BOOST_TEST(in_the_middle.because == reason::step_failed);
    const ovl::verdict before =
        ovl::could_not(capability::native_diff, what, ovl::identify(0xEF53, true));
    BOOST_TEST((before == answer::no));
    BOOST_TEST(before.because == reason::read_only_filesystem);
}

BOOST_AUTO_TEST_CASE(a_directory_that_does_not_open_is_named_so_whatever_the_errno) {
    for (const int error : {ENOENT, ENOTDIR, EACCES, ENAMETOOLONG, EIO, EINVAL})
        BOOST_TEST(ovl::reason_of({.where = ovl::step::open_directory, .error_number = error},
                                  ovl::identify(0xEF53, false)) == reason::directory_not_opened);
}

BOOST_DATA_TEST_CASE(an_errno_means_what_it_does_in_its_step,
                     boost::unit_test::data::make(meanings)) {
    BOOST_TEST(ovl::reason_of({.where = sample.where, .error_number = sample.error_number},
                              sample.on) == sample.because);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
