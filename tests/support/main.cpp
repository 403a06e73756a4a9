// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#define BOOST_TEST_NO_MAIN
#define BOOST_TEST_ALTERNATIVE_INIT_API
#include <boost/test/results_collector.hpp>
#include <boost/test/unit_test.hpp>
#include <iostream>

namespace {

bool name_the_module() {
    boost::unit_test::framework::master_test_suite().p_name.value = "ovl";
    return true;
}

} // namespace

/// Runs the cases and closes with a line of counts, which `sandbox/run tests` adds up.
int main(int argc, char** argv) {
    namespace test = boost::unit_test;
    const int status = test::unit_test_main(&name_the_module, argc, argv);
    const auto& results =
        test::results_collector.results(test::framework::master_test_suite().p_id);
    const test::counter_t passed =
        results.p_test_cases_passed.get() + results.p_test_cases_warned.get();
    const test::counter_t failed =
        results.p_test_cases_failed.get() + results.p_test_cases_aborted.get();
    std::cout << passed << " passed, " << failed << " failed, "
              << results.p_test_cases_skipped.get() << " skipped\n";
    return status;
}
