// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "nearest.hpp"

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(ovlprobe_tool)
BOOST_AUTO_TEST_SUITE(nearest)

namespace {
const std::vector<std::string> names{"metacopy", "metacopy-active", "mount", "native-diff", "uuid"};

void check(std::string_view typed, const std::vector<std::string>& expected) {
    const auto found = ovlprobe::nearest(typed, names);
    BOOST_TEST(found == expected, boost::test_tools::per_element());
}
} // namespace

BOOST_AUTO_TEST_CASE(a_slip_of_the_finger_is_mended) {
    check("nativ-diff", {"native-diff"});
    check("native_diff", {"native-diff"});
    check("uudi", {"uuid"});
    check("metacopz", {"metacopy"});
}

BOOST_AUTO_TEST_CASE(a_part_of_a_name_finds_it_and_the_shortest_distance_comes_first) {
    check("diff", {"native-diff"});
    check("metacopy-activ", {"metacopy-active"});
    check("meta", {"metacopy", "metacopy-active"});
}

BOOST_AUTO_TEST_CASE(what_is_far_from_everything_is_answered_by_nothing) {
    check("xyzzy", {});
    check("", {});
    BOOST_TEST(ovlprobe::suggestion("xyzzy", names) == "");
}

BOOST_AUTO_TEST_CASE(suggestions_are_joined_as_people_do) {
    BOOST_TEST(ovlprobe::suggestion("uudi", names) == "; did you mean uuid?");
    BOOST_TEST(ovlprobe::suggestion("meta", names) ==
               "; did you mean metacopy or metacopy-active?");
}

BOOST_AUTO_TEST_CASE(three_are_enough) {
    const std::vector<std::string> alike{"aaaa", "aaab", "aaac", "aaad"};
    BOOST_TEST(ovlprobe::nearest("aaae", alike).size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
