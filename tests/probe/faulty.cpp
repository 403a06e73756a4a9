// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/expected_answers.hpp"
#include "support/faulty_mount.hpp"
#include "support/temporary_directory.hpp"

#include <ovl/probe/data_only_layers.hpp>
#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/native_diff.hpp>
#include <ovl/probe/uuid_option.hpp>
#include <ovl/probe/writable_mount.hpp>

#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdlib>
#include <string>

using boost::unit_test::precondition;
using ovl_test::temporary_directory;

namespace {

/// With one fault for the filesystem and the backend.
template <ovl::mount_backend M>
using faulty_policies =
    ovl::policy_set<ovl::user_xattr, ovl_test::faulty_mount<M>, ovl_test::faulty_fs<>>;

/// Two that share a mount, and three that have others.
template <ovl::mount_backend M>
[[nodiscard]] auto ask_under(ovl_test::fault& injected, const std::string& where) {
    using P = faulty_policies<M>;
    const P set{.mount = {.gate = {&injected}}, .fs = {.gate = {&injected}}};
    return ovl::run<P, ovl::native_diff, ovl::metacopy_active, ovl::writable_mount,
                    ovl::data_only_layers, ovl::uuid_option>(where, {}, set);
}

/// How many operations there are from one that fails to the next: in a guest each run costs a hundred times as much.
int operations_apart() {
    return std::getenv("OVL_GUEST") != nullptr ? 7 : 1;
}

/// Fails each operation once: every answer is what it is without that, or unknown with that errno.
template <ovl::mount_backend M>
void check_every_fault(int error_number) {
    const temporary_directory base;
    ovl_test::fault none{.at = -1};
    const auto without = ask_under<M>(none, base.path());
    BOOST_REQUIRE(none.matched > 50);
    int unknown = 0;
    for (int at = 1; at <= none.matched; at += operations_apart()) {
        ovl_test::fault injected{.error_number = error_number, .at = at};
        const auto with = ask_under<M>(injected, base.path());
        for (std::size_t i = 0; i < with.size(); ++i) {
            if (with[i].is == without[i].is && with[i].because == without[i].because)
                continue;
            ++unknown;
            BOOST_TEST_CONTEXT("operation " << at << ": " << with[i].why()) {
                BOOST_TEST((with[i] == ovl::answer::unknown));
                BOOST_REQUIRE(with[i].evidence.has_value());
                // Where the kernel refuses the question's mount anyway, the fault hits the control: the refusal stands
                // as the evidence, and what it means can no longer be told.
                const bool refused_anyway =
                    without[i].because == ovl::reason::option_refused &&
                    with[i].evidence->error_number == without[i].evidence->error_number;
                if (!refused_anyway)
                    BOOST_TEST(with[i].evidence->error_number == error_number);
            }
        }
    }
    BOOST_TEST(unknown > 20 / operations_apart());
    // What a removal that failed has left, if anything, the next run takes away.
    static_cast<void>(ask_under<M>(none, base.path()));
    BOOST_TEST(ovl_test::entries_of(base.path()).empty());
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(faulty, *precondition(ovl_test::needs_userxattr{}))

BOOST_AUTO_TEST_CASE(no_fault_of_a_detached_run_makes_an_answer_wrong) {
    for (const int error : {EIO, EROFS, EMFILE})
        check_every_fault<ovl::fsopen_mount>(error);
}

BOOST_AUTO_TEST_CASE(no_fault_of_an_attached_run_makes_an_answer_wrong) {
    for (const int error : {ENOSPC, EBUSY})
        check_every_fault<ovl::classic_mount>(error);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
