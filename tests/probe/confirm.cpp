// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/confirm.hpp>

#include "support/print.hpp"
#include "support/scripted_fs.hpp"

#include <boost/test/unit_test.hpp>

using ovl::answer;
using ovl::capability;
using ovl::reason;

namespace {

/// A directory whose status is of the test's own making.
struct place : ovl_test::scripted_fs {
    nlink_t links = 2;
    struct statfs filesystem {};

    [[nodiscard]] ovl::result<struct stat> status(int, const char*) const {
        struct stat found {};
        found.st_nlink = links;
        return found;
    }
    [[nodiscard]] ovl::result<struct statfs> filesystem_status(int) const { return filesystem; }
};

void check(const place& at, answer found, answer is, reason because,
           bool read_only_before = false) {
    ovl::backing_filesystem before{};
    before.read_only = read_only_before;
    const auto given = ovl::give(capability::index, found, reason::option_without_effect);
    const ovl::verdict confirmed = ovl::detail::place_afterwards{at, 0, before}.confirm(given);
    BOOST_TEST(confirmed.is == is);
    BOOST_TEST(confirmed.because == because);
    BOOST_TEST(confirmed.asked == capability::index);
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(confirm)

BOOST_AUTO_TEST_CASE(an_answer_stands_where_nothing_has_changed) {
    place at{};
    at.filesystem.f_blocks = at.filesystem.f_files = 200;
    at.filesystem.f_bfree = at.filesystem.f_ffree = 100;
    for (const answer each : {answer::yes, answer::no, answer::unknown})
        check(at, each, each, reason::option_without_effect);
}

BOOST_AUTO_TEST_CASE(a_directory_that_is_gone_answers_nothing) {
    place at{};
    at.links = 0;
    check(at, answer::yes, answer::unknown, reason::place_changed);
    check(at, answer::no, answer::unknown, reason::place_changed);
}

BOOST_AUTO_TEST_CASE(what_was_read_only_before_has_not_changed) {
    place at{};
    at.filesystem.f_flags = ST_RDONLY;
    check(at, answer::no, answer::unknown, reason::place_changed);
    check(at, answer::yes, answer::unknown, reason::place_changed);
    check(at, answer::no, answer::no, reason::option_without_effect, true);
}

BOOST_AUTO_TEST_CASE(a_full_filesystem_can_say_yes_but_not_no) {
    place no_blocks{};
    no_blocks.filesystem.f_blocks = 1;
    check(no_blocks, answer::no, answer::unknown, reason::no_space);
    check(no_blocks, answer::yes, answer::yes, reason::option_without_effect);
    place no_entries{};
    no_entries.filesystem.f_files = 100;
    no_entries.filesystem.f_ffree = 10;
    check(no_entries, answer::no, answer::unknown, reason::no_space);
    check(no_entries, answer::no, answer::no, reason::option_without_effect, true);
}

BOOST_AUTO_TEST_CASE(a_filesystem_that_counts_nothing_is_not_full) {
    check(place{}, answer::no, answer::no, reason::option_without_effect);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
