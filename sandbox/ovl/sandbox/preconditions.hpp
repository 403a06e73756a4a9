// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/environment/try_user_namespace.hpp>
#include <ovl/environment/user_namespace.hpp>
#include <ovl/sandbox/reexec.hpp>
#include <ovl/sandbox/session.hpp>

#include <boost/test/tree/decorator.hpp>
#include <boost/test/unit_test.hpp>
#include <string>

/// What a test case may need. Used as
/// `BOOST_AUTO_TEST_CASE(name, *boost::unit_test::precondition(ovl::sandbox::needs_root{}))`;
/// where it is not there the case is skipped, and the skip says why.
namespace ovl::sandbox {

namespace detail {

/// Why there is no sandbox around this process.
[[nodiscard]] inline std::string why_in_place() {
    const session& run = current_session();
    return run.refusal ? "the sandbox is refused: " + run.refusal->line()
                       : std::string{"OVL_SANDBOX=off"};
}

[[nodiscard]] inline boost::test_tools::assertion_result met_if(bool met,
                                                                const std::string& why_not) {
    boost::test_tools::assertion_result answer{met};
    if (!met)
        answer.message() << why_not;
    return answer;
}

} // namespace detail

/// A mount namespace of the tests' own, with the capabilities to mount in it.
struct needs_sandbox {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
        return detail::met_if(current_session().active.has_value(), detail::why_in_place());
    }
};

/// True root in a mount namespace of the tests' own.
struct needs_root {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
        if (!current_session().active)
            return detail::met_if(false, detail::why_in_place());
        return detail::met_if(detail::is_true_root(read_namespace_facts()),
                              "needs CAP_SYS_ADMIN in the initial user namespace");
    }
};

/// The inside of a user namespace, in a mount namespace of the tests' own.
struct needs_to_be_in_user_namespace {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
        if (!current_session().active)
            return detail::met_if(false, detail::why_in_place());
        const auto inside = running_in_user_namespace();
        return detail::met_if(inside.has_value() && inside.value(),
                              "needs to run in a user namespace: OVL_SANDBOX_LEVEL=userns");
    }
};

/// The ability to make a user namespace with a mount namespace, found by trying.
struct needs_user_namespace {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
        const auto trial = try_user_namespace();
        if (!trial.has_value())
            return detail::met_if(false, "a user namespace could not be tried");
        const namespace_trial& refused = trial.value();
        return detail::met_if(!refused, refused ? "no user namespace: " + refused->line() : "");
    }
};

} // namespace ovl::sandbox
