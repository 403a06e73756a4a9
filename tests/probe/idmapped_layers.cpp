// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/idmapped_layers.hpp>

#include "support/answers_in_child.hpp"
#include "support/expected_answers.hpp"
#include "support/faulty_mount.hpp"
#include "support/filesystem_variants.hpp"
#include "support/mounted_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using boost::unit_test::precondition;
using ovl::answer;
using ovl::reason;
using ovl_test::answer_after;
using ovl_test::check_verdict;

namespace {

/// Says that everything belongs to the caller, as a merged view does that ignores a mapping.
struct owned_fs : ovl::posix_fs {
    [[nodiscard]] ovl::result<struct stat> status(int fd, const char* path) const {
        auto found = ovl::posix_fs::status(fd, path);
        if (found.has_value())
            found.value().st_uid = ::geteuid();
        return found;
    }
};

auto refusing(long call, int error_number) {
    return [=] { return ovl_test::refuse_call(call, error_number); };
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(idmapped_layers, *precondition(ovl::sandbox::needs_sandbox{}))

BOOST_AUTO_TEST_CASE(each_of_the_calls_is_looked_for) {
    for (const long call : {ovl::detail::sys_open_tree, ovl::detail::sys_mount_setattr}) {
        const auto found =
            answer_after<ovl::rootless, ovl::idmapped_layers>(refusing(call, ENOSYS));
        BOOST_TEST(found == "no idmapped-mounts-missing");
    }
}

BOOST_AUTO_TEST_CASE(a_filesystem_that_does_not_allow_it) {
    const auto found = answer_after<ovl::rootless, ovl::idmapped_layers>(
        refusing(ovl::detail::sys_mount_setattr, EINVAL));
    BOOST_TEST(found == "no idmapped-filesystem-unsupported");
    const auto proc = ovl::does_support_idmapped_layers<ovl::rootless>("/proc");
    BOOST_TEST(proc.is != answer::yes, proc.why());
}

/// Only in a user namespace is EPERM the filesystem's affair.
BOOST_AUTO_TEST_CASE(a_filesystem_of_somebody_else) {
    const auto found = answer_after<ovl::rootless, ovl::idmapped_layers>(
        refusing(ovl::detail::sys_mount_setattr, EPERM));
    BOOST_TEST(found == (ovl_test::in_user_namespace() ? "no idmapped-filesystem-not-owned"
                                                       : "unknown not-permitted"));
    const auto failed = answer_after<ovl::rootless, ovl::idmapped_layers>(
        refusing(ovl::detail::sys_mount_setattr, ENOMEM));
    BOOST_TEST(failed == "unknown out-of-resources");
}

BOOST_AUTO_TEST_CASE(without_user_namespaces_it_is_no_answer) {
    const auto found =
        answer_after<ovl::rootless, ovl::idmapped_layers>(ovl_test::refuse_user_namespaces);
    BOOST_TEST(found == "unknown not-permitted");
}

/// The control is the place itself, without a mapping.
BOOST_AUTO_TEST_CASE(a_mapped_layer_that_alone_is_refused) {
    const auto ask = [](int error_number, int at) {
        using mount = ovl_test::faulty_mount<ovl::best_mount>;
        using policies = ovl::policy_set<ovl::user_xattr, mount, ovl::posix_fs>;
        ovl_test::fault refused{.error_number = error_number, .at = at, .operation = "mount"};
        const ovl_test::mounted_directory made{"tmpfs", "mode=0755"};
        const policies set{.mount = {.gate = {&refused}}, .fs = {}};
        return ovl::does_support_idmapped_layers<policies>(made.path(), {}, set);
    };
    if (ask(0, -1).because != reason::idmapped_owner_shown)
        return; // Before Linux 6.3, which maps no tmpfs.
    check_verdict(ask(EINVAL, 1), answer::no, reason::idmapped_layer_refused);
    BOOST_TEST((ask(EINVAL, 0) == answer::unknown));
    BOOST_TEST((ask(EPERM, 1) == answer::unknown));
}

BOOST_AUTO_TEST_CASE(a_tmpfs_of_ones_own) {
    const ovl_test::mounted_directory made{"tmpfs", "mode=0755"};
    const auto found = ovl::does_support_idmapped_layers<ovl::rootless>(made.path());
    // tmpfs allows it from Linux 6.3, and mount_setattr(2) is there from 5.12.
    if (found.because != reason::idmapped_filesystem_unsupported &&
        found.because != reason::idmapped_mounts_missing)
        check_verdict(found, answer::yes, reason::idmapped_owner_shown);
    const auto read_only = ovl_test::mounted_directory::read_only(made.path());
    BOOST_TEST(ovl::does_support_idmapped_layers<ovl::rootless>(read_only.path()).because ==
               found.because);
}

BOOST_AUTO_TEST_CASE(an_owner_that_shows_as_it_is_on_disk) {
    using policies = ovl::policy_set<ovl::user_xattr, ovl::best_mount, owned_fs>;
    const ovl_test::mounted_directory made{"tmpfs", "mode=0755"};
    if (ovl::does_support_idmapped_layers<ovl::rootless>(made.path()).because !=
        reason::idmapped_owner_shown)
        return; // Before Linux 6.3, which maps no tmpfs.
    check_verdict(ovl::does_support_idmapped_layers<policies>(made.path()), answer::no,
                  reason::idmapped_owner_not_shown);
}

BOOST_AUTO_TEST_CASE(ext4, *precondition(ovl_test::needs_loop_filesystem{"ext4"})) {
    const ovl_test::loop_filesystem made{"ext4"};
    const auto found = ovl::does_support_idmapped_layers<ovl::rootful>(made.path());
    if (found.because == reason::idmapped_mounts_missing)
        return; // Linux 5.10
    check_verdict(found, answer::yes, reason::idmapped_owner_shown);
    BOOST_TEST(found.evidence->subject == "owner 0 shows as 1");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
