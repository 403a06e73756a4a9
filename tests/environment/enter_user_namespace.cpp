// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/enter_user_namespace.hpp>

#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <thread>

namespace test = boost::unit_test;

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(enter_user_namespace,
                      *test::precondition(ovl::sandbox::needs_user_namespace{}))

BOOST_AUTO_TEST_CASE(inside_one_is_root_and_mounts_stay_inside) {
    const auto mounts_before = ovl::detail::read_text("/proc/self/mountinfo").value();
    const auto ended = ovl::sandbox::run_in_child([] {
        if (ovl::enter_user_namespace())
            return 1;
        if (::geteuid() != 0 || ::getegid() != 0)
            return 2;
        return ::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr) == 0 ? 0 : 3;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
    BOOST_TEST(ovl::detail::read_text("/proc/self/mountinfo").value() == mounts_before);
}

BOOST_AUTO_TEST_CASE(one_may_stay_oneself) {
    const auto ended = ovl::sandbox::run_in_child([] {
        const uid_t before = ::geteuid();
        if (ovl::enter_user_namespace(ovl::id_map::to_itself()))
            return 1;
        return ::geteuid() == before && ovl::read_namespace_facts().privileged ? 0 : 2;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_CASE(a_process_with_threads_is_refused_by_that_name) {
    const auto ended = ovl::sandbox::run_in_child([] {
        std::mutex mutex;
        std::condition_variable changed;
        bool done = false;
        std::thread other{[&] {
            std::unique_lock lock{mutex};
            changed.wait(lock, [&] { return done; });
        }};
        const auto refusal = ovl::enter_user_namespace();
        {
            const std::lock_guard lock{mutex};
            done = true;
        }
        changed.notify_one();
        other.join();
        return refusal && refusal->stage == ovl::namespace_stage::unshare &&
                       refusal->error_number == EINVAL &&
                       refusal->cause == ovl::namespace_cause::threads
                   ? 0
                   : 1;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_CASE(nesting_ends_at_the_thirty_fourth) {
    const auto ended = ovl::sandbox::run_in_child([] {
        const ovl::namespace_facts outside = ovl::read_namespace_facts();
        unsigned entered = 0;
        auto refusal = ovl::enter_user_namespace();
        while (!refusal && entered != 64) {
            ++entered;
            refusal = ovl::enter_user_namespace();
        }
        if (!refusal || refusal->error_number != ENOSPC)
            return 1;
        if (outside.nesting == 0u && entered != 33)
            return 2;
        // From the inside the depth cannot be told; one who knows it is told the cause by name.
        ovl::namespace_facts facts = ovl::read_namespace_facts();
        facts.nesting = 33;
        return refusal->cause == ovl::namespace_cause::enclosing_limit &&
                       ovl::classify(refusal->stage, refusal->error_number, facts).cause ==
                           ovl::namespace_cause::nesting
                   ? 0
                   : 3;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
