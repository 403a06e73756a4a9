// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/scratch/entry_journal.hpp>

#include <ovl/policy/posix_fs.hpp>

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <sys/stat.h>

using ovl::entry_kind;
using ovl_test::entries_of;
using ovl_test::temporary_directory;

BOOST_AUTO_TEST_SUITE(scratch)
BOOST_AUTO_TEST_SUITE(entry_journal)

BOOST_AUTO_TEST_CASE(removes_the_latest_first) {
    const temporary_directory base;
    BOOST_REQUIRE(::mkdirat(base.fd(), "d", 0700) == 0);
    BOOST_REQUIRE(::mknodat(base.fd(), "d/f", S_IFREG | 0600, 0) == 0);
    ovl::entry_journal journal;
    journal.add("d", entry_kind::directory);
    journal.add("d/f", entry_kind::file);
    BOOST_TEST(journal.remove(ovl::posix_fs{}, base.fd()));
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_gone_is_no_failure) {
    const temporary_directory base;
    ovl::entry_journal journal;
    journal.add("gone", entry_kind::file);
    journal.add("gone too", entry_kind::directory);
    BOOST_TEST(journal.remove(ovl::posix_fs{}, base.fd()));
}

BOOST_AUTO_TEST_CASE(an_entry_noted_again_takes_the_later_kind) {
    const temporary_directory base;
    BOOST_REQUIRE(::mkdirat(base.fd(), "e", 0700) == 0);
    ovl::entry_journal journal;
    journal.add("e", entry_kind::file);
    journal.add("e", entry_kind::directory);
    BOOST_TEST(journal.remove(ovl::posix_fs{}, base.fd()));
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(says_that_something_stayed) {
    const temporary_directory base;
    BOOST_REQUIRE(::mkdirat(base.fd(), "d", 0700) == 0);
    BOOST_REQUIRE(::mknodat(base.fd(), "d/stranger", S_IFREG | 0600, 0) == 0);
    ovl::entry_journal journal;
    journal.add("d", entry_kind::directory);
    BOOST_TEST(!journal.remove(ovl::posix_fs{}, base.fd()));
}

BOOST_AUTO_TEST_CASE(forgets_what_it_removed) {
    const temporary_directory base;
    ovl::entry_journal journal;
    journal.add("d", entry_kind::directory);
    static_cast<void>(journal.remove(ovl::posix_fs{}, base.fd()));
    BOOST_REQUIRE(::mkdirat(base.fd(), "d", 0700) == 0);
    BOOST_TEST(journal.remove(ovl::posix_fs{}, base.fd()));
    BOOST_TEST(entries_of(base.path()).size() == 1u);
}

BOOST_AUTO_TEST_CASE(what_does_not_fit_is_left_to_others) {
    const temporary_directory base;
    ovl::entry_journal journal;
    for (int i = 0; i < 200; ++i) {
        const std::string name = std::string{"f"}.append(std::to_string(i));
        BOOST_REQUIRE(::mknodat(base.fd(), name.c_str(), S_IFREG | 0600, 0) == 0);
        journal.add(name, entry_kind::file);
    }
    BOOST_TEST(journal.remove(ovl::posix_fs{}, base.fd()));
    const std::size_t left = entries_of(base.path()).size();
    BOOST_TEST(left > 0u);
    BOOST_TEST(left < 200u);
    ovl::entry_journal narrow;
    narrow.add(std::string(5000, 'x'), entry_kind::file);
    BOOST_TEST(narrow.remove(ovl::posix_fs{}, base.fd()));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
