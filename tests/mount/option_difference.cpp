// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/option_difference.hpp>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

using ovl::effective_options;
using ovl::mount_options;
using ovl::option_difference;
using ovl::option_source;
using ovl::toggle;

namespace {

mount_options writable() {
    return {.lowerdir = {"/l"}, .upperdir = "/u", .workdir = "/w"};
}

/// What is missing of `asked` in a mount that has `found`, as `option: requested -> effective`.
std::vector<std::string> missing(const mount_options& asked, const mount_options& found,
                                 option_source source = option_source::statmount) {
    std::vector<std::string> list;
    for (const option_difference& each :
         ovl::requested_but_not_effective(asked, {.options = found, .source = source}))
        list.push_back(each.option + ": " + each.requested + " -> " + each.effective);
    return list;
}

using lines = std::vector<std::string>;

/// A writable overlay with one member of its options set, asked for and found.
template <class Value>
lines missing_of(Value mount_options::*member, Value asked, Value found) {
    mount_options wanted = writable();
    mount_options has = writable();
    wanted.*member = asked;
    has.*member = found;
    return missing(wanted, has);
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_AUTO_TEST_SUITE(option_differences)

BOOST_AUTO_TEST_CASE(what_is_in_force_is_no_difference) {
    mount_options all = writable();
    all.redirect_dir = ovl::redirect_dir_mode::nofollow;
    all.index = toggle::on;
    all.nfs_export = toggle::on;
    all.metacopy = toggle::off;
    all.uuid = ovl::uuid_mode::null;
    all.verity = ovl::verity_mode::require;
    all.is_volatile = true;
    all.userxattr = true;
    all.default_permissions = true;
    all.attributes = {.nosuid = true, .nodev = true, .atime = ovl::atime_mode::noatime};
    BOOST_TEST(missing(all, all).empty());
    BOOST_TEST(missing({}, {}).empty());
}

BOOST_AUTO_TEST_CASE(a_mount_that_came_up_read_only) {
    mount_options found = writable();
    found.attributes.read_only = true;
    BOOST_TEST(missing(writable(), found) == lines{"rw: rw -> ro"},
               boost::test_tools::per_element());
    // Told without the table of mounts too.
    BOOST_TEST(missing(writable(), found, option_source::artefacts) == lines{"rw: rw -> ro"},
               boost::test_tools::per_element());
    // Asked for, it is none; and without an upper layer there is nothing else.
    mount_options asked = found;
    BOOST_TEST(missing(asked, found).empty());
    BOOST_TEST(missing({.lowerdir = {"/a", "/b"}},
                       {.lowerdir = {"/a", "/b"}, .attributes = {.read_only = true}})
                   .empty());
}

// A user namespace drops the index, and nfs_export with it.
BOOST_AUTO_TEST_CASE(index_and_nfs_export_that_fell_away) {
    BOOST_TEST(missing_of(&mount_options::index, toggle::on, toggle::off) ==
                   lines{"index: on -> off"},
               boost::test_tools::per_element());
    BOOST_TEST(missing_of(&mount_options::nfs_export, toggle::on, toggle::off) ==
                   lines{"nfs_export: on -> off"},
               boost::test_tools::per_element());
}

// Where the upper layer cannot be marked, without userxattr in a user namespace.
BOOST_AUTO_TEST_CASE(redirect_dir_that_fell_to_nofollow) {
    using mode = ovl::redirect_dir_mode;
    const auto member = &mount_options::redirect_dir;
    BOOST_TEST(missing_of(member, mode::on, mode::nofollow) ==
                   lines{"redirect_dir: on -> nofollow"},
               boost::test_tools::per_element());
    BOOST_TEST(missing_of(member, mode::follow, mode::nofollow) ==
                   lines{"redirect_dir: follow -> nofollow"},
               boost::test_tools::per_element());
    // off is follow or nofollow, as the module's parameter says: one of them is no difference.
    BOOST_TEST(missing_of(member, mode::off, mode::follow).size() +
                   missing_of(member, mode::off, mode::nofollow).size() ==
               1U);
    BOOST_TEST(missing_of(member, mode::kernel_default, mode::nofollow).empty());
}

BOOST_AUTO_TEST_CASE(volatile_is_one_thing_under_either_name) {
    mount_options asked = writable();
    asked.is_volatile = true;
    for (const char* const shown : {"volatile", "fsync=volatile"}) {
        const auto found =
            ovl::parse_mount_options(std::string{"lowerdir=/l,upperdir=/u,workdir=/w,"} + shown);
        BOOST_REQUIRE(found.has_value());
        BOOST_TEST(missing(asked, found.value()).empty(), shown);
    }
    BOOST_TEST(missing(asked, writable()) == lines{"volatile: volatile -> off"},
               boost::test_tools::per_element());
    BOOST_TEST(missing(asked, writable(), option_source::artefacts) ==
                   lines{"volatile: volatile -> off"},
               boost::test_tools::per_element());
    // A mount without an upper layer writes nothing: the kernel drops it, and nobody misses it.
    mount_options read_only{.lowerdir = {"/a", "/b"}, .is_volatile = true};
    BOOST_TEST(missing(read_only, {.lowerdir = {"/a", "/b"}}).empty());
}

BOOST_AUTO_TEST_CASE(the_other_options_that_can_fall_away) {
    BOOST_TEST(missing_of(&mount_options::metacopy, toggle::on, toggle::off) ==
                   lines{"metacopy: on -> off"},
               boost::test_tools::per_element());
    BOOST_TEST(missing_of(&mount_options::uuid, ovl::uuid_mode::on, ovl::uuid_mode::null) ==
                   lines{"uuid: on -> null"},
               boost::test_tools::per_element());
    BOOST_TEST(missing_of(&mount_options::verity, ovl::verity_mode::require,
                          ovl::verity_mode::kernel_default) == lines{"verity: require -> off"},
               boost::test_tools::per_element());
    mount_options asked = writable();
    asked.userxattr = true;
    asked.default_permissions = true;
    asked.lowerdir.emplace_back("/second");
    BOOST_TEST(
        missing(asked, writable()) ==
            (lines{"userxattr: userxattr -> off", "default_permissions: default_permissions -> off",
                   "lowerdir: 2 layers -> 1 layers"}),
        boost::test_tools::per_element());
    // What is read from artefacts says nothing of these.
    BOOST_TEST(missing(asked, {.attributes = {}}, option_source::artefacts).empty());
}

BOOST_AUTO_TEST_CASE(attributes_that_do_not_hold) {
    mount_options asked = writable();
    asked.attributes = {.nosuid = true,
                        .nodev = true,
                        .noexec = true,
                        .nosymfollow = true,
                        .nodiratime = true,
                        .atime = ovl::atime_mode::noatime};
    BOOST_TEST(missing(asked, writable()) ==
                   (lines{"nosuid: nosuid -> off", "nodev: nodev -> off", "noexec: noexec -> off",
                          "nosymfollow: nosymfollow -> off", "nodiratime: nodiratime -> off",
                          "noatime: noatime -> off"}),
               boost::test_tools::per_element());
    // More than was asked for is no loss.
    mount_options stricter = writable();
    stricter.attributes.nosuid = true;
    BOOST_TEST(missing(writable(), stricter).empty());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
