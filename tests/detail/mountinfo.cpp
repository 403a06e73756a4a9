// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/detail/mountinfo.hpp>

#include <ovl/detail/read_text.hpp>

#include <boost/test/unit_test.hpp>
#include <cstddef>
#include <string>
#include <vector>

using ovl::detail::for_each_mount;
using ovl::detail::mountinfo_line;
using ovl::detail::parse_mountinfo_line;

BOOST_AUTO_TEST_SUITE(detail)
BOOST_AUTO_TEST_SUITE(mountinfo)

BOOST_AUTO_TEST_CASE(a_line_is_taken_apart_whatever_tags_it_has) {
    for (const std::string tags : {"", "master:1 ", "shared:2 master:1 propagate_from:3 "}) {
        const std::string text =
            "36 35 98:0 /mnt1 /mnt2 rw,noatime " + tags + "- ext3 /dev/root rw,errors=continue";
        const auto line = parse_mountinfo_line(text);
        BOOST_REQUIRE(line.has_value());
        BOOST_TEST(line->id == 36U);
        BOOST_TEST(line->parent == 35U);
        BOOST_TEST(line->root == "/mnt1");
        BOOST_TEST(line->mount_point == "/mnt2");
        BOOST_TEST(line->mount_options == "rw,noatime");
        BOOST_TEST(line->type == "ext3");
        BOOST_TEST(line->source == "/dev/root");
        BOOST_TEST(line->super_options == "rw,errors=continue");
    }
}

BOOST_AUTO_TEST_CASE(names_are_decoded_and_options_are_not) {
    const auto line = parse_mountinfo_line(
        R"(1 2 0:1 /a\040b /c\134d\012 rw - overlay none\011 rw,lowerdir=/x\054y)");
    BOOST_REQUIRE(line.has_value());
    BOOST_TEST(line->root == "/a b");
    BOOST_TEST(line->mount_point == "/c\\d\n");
    BOOST_TEST(line->source == "none\t");
    BOOST_TEST(line->super_options == R"(rw,lowerdir=/x\054y)");
}

BOOST_AUTO_TEST_CASE(what_is_no_line_is_none) {
    for (const char* const bad :
         {"", "x", "1", "1 2", "1 x 0:1 / / rw - t s o", "-1 2 0:1 / / rw - t s o",
          "1x 2 0:1 / / rw - t s o", "99999999999999999999 2 0:1 / / rw - t s o", "1 2 0:1 / / rw",
          "1 2 0:1 / / rw shared:1", "1 2 0:1 / / rw shared:1 ext4 s o", "1 2 0:1 / / rw -"})
        BOOST_TEST(!parse_mountinfo_line(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(every_line_is_visited_until_the_visitor_has_had_enough) {
    const std::string text = "1 0 0:1 / /a rw - t s o\nnot a line\n2 0 0:1 / /b rw - t s o\n"
                             "3 0 0:1 / /c rw - t s o";
    std::vector<std::uint64_t> ids;
    for_each_mount(text, [&](const mountinfo_line& line) {
        ids.push_back(line.id);
        return true;
    });
    BOOST_TEST(ids == (std::vector<std::uint64_t>{1, 2, 3}), boost::test_tools::per_element());
    std::size_t seen = 0;
    for_each_mount(text, [&](const mountinfo_line&) { return ++seen < 2; });
    BOOST_TEST(seen == 2U);
}

BOOST_AUTO_TEST_CASE(the_kernels_own_table_can_be_read_to_the_last_line) {
    const auto text = ovl::detail::read_text("/proc/self/mountinfo");
    BOOST_REQUIRE(text.has_value());
    std::size_t lines = 0;
    for (const char c : text.value())
        lines += c == '\n' ? 1 : 0;
    std::size_t seen = 0;
    for_each_mount(text.value(), [&](const mountinfo_line& line) {
        BOOST_TEST(line.mount_point.starts_with('/'));
        ++seen;
        return true;
    });
    BOOST_TEST(seen == lines);
    BOOST_TEST(seen != 0U);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
