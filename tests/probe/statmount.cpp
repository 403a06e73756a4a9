// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/statmount.hpp>

#include "support/answers_in_child.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>

using ovl_test::answer_after;

namespace {

constexpr ovl::detail::mnt_id_request nobodys{sizeof nobodys, 0, ~std::uint64_t{0}, 0};

/// What is answered where statx(2), asked for the mount's unique id, ends so; 0 gives nothing.
std::string where_the_id_is_refused(int error_number) {
    constexpr unsigned mask = 3;
    constexpr std::uint32_t mnt_id_unique = 0x4000;
    return answer_after<ovl::rootless, ovl::statmount_query>(
        [=] { return ovl_test::refuse_call_with(SYS_statx, mask, mnt_id_unique, error_number); });
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(statmount)

BOOST_AUTO_TEST_CASE(it_is_there_where_the_call_is) {
    char room[64];
    const bool missing = ovl::detail::statmount(nobodys, room, sizeof room) != 0 && errno == ENOSYS;
    const std::string found = answer_after<ovl::rootless, ovl::statmount_query>(ovl_test::as_it_is);
    BOOST_TEST(found.starts_with(missing ? "no statmount-missing" : "yes statmount-with"), found);
}

BOOST_AUTO_TEST_CASE(without_the_call_it_is_a_no) {
    const std::string found =
        answer_after<ovl::rootless, ovl::statmount_query>(ovl_test::on_old_kernel);
    BOOST_TEST(found == "no statmount-missing");
}

BOOST_AUTO_TEST_CASE(a_kernel_without_unique_ids_has_no_such_call) {
    BOOST_TEST(where_the_id_is_refused(0) == "no statmount-missing");
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_is_no_answer) {
    BOOST_TEST(where_the_id_is_refused(EIO) == "unknown input-output-error");
    const std::string as_it_is =
        answer_after<ovl::rootless, ovl::statmount_query>(ovl_test::as_it_is);
    const std::string found = answer_after<ovl::rootless, ovl::statmount_query>(
        [] { return ovl_test::refuse_call(ovl::detail::sys_statmount, EIO); });
    BOOST_TEST(found == (as_it_is.starts_with("yes") ? "unknown input-output-error" : as_it_is));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
