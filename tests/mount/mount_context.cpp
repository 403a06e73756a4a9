// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/mount_context.hpp>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace {

struct needs_fsopen {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id unit) const {
        auto sandbox = ovl::sandbox::needs_sandbox{}(unit);
        return !sandbox ? sandbox
                        : ovl::sandbox::detail::met_if(
                              ovl::mount_context::open("tmpfs").has_value(), "needs fsopen");
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(mounting)
BOOST_AUTO_TEST_SUITE(mount_context, *boost::unit_test::precondition(needs_fsopen{}))

BOOST_AUTO_TEST_CASE(a_filesystem_that_is_not_there) {
    const auto context = ovl::mount_context::open("ovl-no-such-filesystem");
    BOOST_REQUIRE(!context.has_value());
    BOOST_TEST(context.error().error_number == ENODEV);
    BOOST_TEST(context.error().call == "fsopen");
    BOOST_TEST(context.error().subject == "ovl-no-such-filesystem");
}

BOOST_AUTO_TEST_CASE(a_value_that_is_too_long_is_named_as_such) {
    const auto context = ovl::mount_context::open("tmpfs");
    BOOST_REQUIRE(context.has_value());
    const auto set = context.value().set_string("size", std::string(256, '1').c_str());
    BOOST_REQUIRE(!set.has_value());
    BOOST_TEST(set.error().error_number == ENAMETOOLONG);
}

BOOST_AUTO_TEST_CASE(a_refusal_names_the_parameter_and_has_the_kernels_words) {
    const auto context = ovl::mount_context::open("tmpfs");
    BOOST_REQUIRE(context.has_value());
    const auto set = context.value().set_string("ovl-probe", "1");
    BOOST_REQUIRE(!set.has_value());
    BOOST_TEST(set.error().error_number == EINVAL);
    BOOST_TEST(set.error().subject == "ovl-probe=1");
    BOOST_TEST(set.error().kernel_message.ends_with("Unknown parameter 'ovl-probe'"));
}

BOOST_AUTO_TEST_CASE(what_is_configured_is_mounted) {
    const auto context = ovl::mount_context::open("tmpfs");
    BOOST_REQUIRE(context.has_value());
    BOOST_TEST(!context.value().mount().has_value());
    BOOST_TEST(context.value().set_string("mode", "0700").has_value());
    BOOST_TEST(context.value().set_flag("ro").has_value());
    BOOST_REQUIRE(context.value().create().has_value());
    const auto root = context.value().mount();
    BOOST_REQUIRE(root.has_value());
    BOOST_TEST(::mkdirat(root.value().get(), "directory", 0755) == -1);
    BOOST_TEST(errno == EROFS);
}

namespace {

/// What is made of a log whose messages are read one by one, until a read fails so.
ovl::result<std::string> newest_of(const std::vector<std::string>& messages, int error_number) {
    return ovl::detail::newest_message([&, next = 0U](char* buffer, std::size_t) mutable {
        if (next == messages.size()) {
            errno = error_number;
            return ssize_t{-1};
        }
        const std::string& message = messages[next++];
        std::copy(message.begin(), message.end(), buffer);
        return static_cast<ssize_t>(message.size());
    });
}

} // namespace

BOOST_AUTO_TEST_CASE(the_newest_message_counts_and_a_failure_after_it_does_not) {
    for (const int error : {ENODATA, EIO, ENFILE}) {
        BOOST_TEST(newest_of({"e one\n"}, error).value() == "e one\n");
        BOOST_TEST(newest_of({"e one\n", "e two\n"}, error).value() == "e two\n");
    }
    BOOST_TEST(newest_of({}, ENODATA).value().empty());
    BOOST_TEST(newest_of({}, EIO).error().error_number == EIO);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
