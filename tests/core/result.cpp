// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/core/result.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <memory>

namespace {

ovl::result<int> seven() {
    return 7;
}
ovl::result<std::unique_ptr<int>> refused() {
    errno = EXDEV;
    return ovl::fail_with_errno("rename");
}

} // namespace

BOOST_AUTO_TEST_SUITE(core)
BOOST_AUTO_TEST_SUITE(results)

BOOST_AUTO_TEST_CASE(is_a_value_or_the_call_that_failed) {
    BOOST_REQUIRE(seven().has_value());
    BOOST_TEST(seven().value() == 7);
    const auto failed = refused();
    BOOST_REQUIRE(!failed.has_value());
    BOOST_TEST(failed.error().call == "rename");
    BOOST_TEST(failed.error().error_number == EXDEV);
}

BOOST_AUTO_TEST_CASE(one_failure_becomes_a_result_of_any_type) {
    const ovl::failure what{.call = "x", .error_number = EIO, .subject = "y"};
    const ovl::result<int> number = ovl::fail(what);
    const ovl::result<void> nothing = ovl::fail(what);
    BOOST_TEST((number.error() == what));
    BOOST_TEST((nothing.error() == what));
}

BOOST_AUTO_TEST_CASE(errno_is_read_when_it_is_asked_for) {
    errno = ENOENT;
    const ovl::failure what = ovl::last_failure("open");
    errno = EIO;
    BOOST_TEST(what.error_number == ENOENT);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
