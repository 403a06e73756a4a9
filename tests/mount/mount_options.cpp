// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/mount_options.hpp>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

namespace {

std::vector<std::string> spelled(const ovl::mount_options& options) {
    std::vector<std::string> list;
    for (const ovl::mount_parameter& each : options.parameters())
        list.push_back(each.value == nullptr ? std::string{each.name}
                                             : std::string{each.name} + "=" + each.value);
    return list;
}

void check_spelled(const ovl::mount_options& options, const std::vector<std::string>& expected) {
    BOOST_TEST(spelled(options) == expected, boost::test_tools::per_element());
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounting)
BOOST_AUTO_TEST_SUITE(mount_options)

BOOST_AUTO_TEST_CASE(what_is_unset_is_left_to_the_kernel) {
    check_spelled({}, {});
}

BOOST_AUTO_TEST_CASE(every_value_has_the_kernels_spelling) {
    using namespace ovl;
    check_spelled({.redirect_dir = redirect_dir_mode::nofollow}, {"redirect_dir=nofollow"});
    check_spelled({.redirect_dir = redirect_dir_mode::follow}, {"redirect_dir=follow"});
    check_spelled({.index = toggle::off}, {"index=off"});
    check_spelled({.nfs_export = toggle::on}, {"nfs_export=on"});
    check_spelled({.xino = xino_mode::automatic}, {"xino=auto"});
    check_spelled({.metacopy = toggle::on}, {"metacopy=on"});
    check_spelled({.uuid = uuid_mode::null}, {"uuid=null"});
    check_spelled({.uuid = uuid_mode::automatic}, {"uuid=auto"});
    check_spelled({.verity = verity_mode::require}, {"verity=require"});
    check_spelled({.override_creds = toggle::on}, {"override_creds"});
    check_spelled({.override_creds = toggle::off}, {"nooverride_creds"});
    check_spelled({.is_volatile = true}, {"volatile"});
    check_spelled({.userxattr = true}, {"userxattr"});
    check_spelled({.default_permissions = true}, {"default_permissions"});
}

BOOST_AUTO_TEST_CASE(options_without_a_member_come_last_in_their_order) {
    ovl::mount_options options{.userxattr = true};
    options.others = {{"b", "2"}, {"a", std::nullopt}, {"c", ""}};
    check_spelled(options, {"userxattr", "b=2", "a", "c="});
}

BOOST_AUTO_TEST_CASE(what_is_laid_over_wins_and_the_rest_stays) {
    ovl::mount_options under{
        .redirect_dir = ovl::redirect_dir_mode::off, .index = ovl::toggle::on, .is_volatile = true};
    under.others = {{"a", "1"}};
    ovl::mount_options over{.index = ovl::toggle::off, .userxattr = true};
    over.others = {{"b", "2"}};
    check_spelled(under.overlaid_with(over),
                  {"userxattr", "volatile", "redirect_dir=off", "index=off", "a=1", "b=2"});
    BOOST_TEST((under.overlaid_with({}) == under));
    BOOST_TEST((ovl::mount_options{}.overlaid_with(under) == under));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
