// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/statmount.hpp>

#include "support/answers_in_child.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using ovl_test::answer_after;

namespace {

constexpr ovl::detail::mnt_id_request nobodys{sizeof nobodys, 0, ~std::uint64_t{0}, 0};

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

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
