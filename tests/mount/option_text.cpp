// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/option_text.hpp>

#include <boost/test/unit_test.hpp>
#include <set>
#include <string>
#include <utility>

namespace {

/// Every name of the table leads to a value that is spelled so again.
template <class Value>
void names_lead_there_and_back() {
    for (const auto& each : ovl::detail::values_of<Value>) {
        Value read{};
        BOOST_TEST(ovl::detail::set_named(read, "x", each.name).has_value());
        BOOST_REQUIRE(spelling(read) != nullptr);
        BOOST_TEST(spelling(read) == each.name);
    }
    Value untouched{};
    for (const char* const bad : {"", "ON", "yes", "on "})
        BOOST_TEST(!ovl::detail::set_named(untouched, "x", bad).has_value());
    BOOST_TEST((untouched == Value::kernel_default));
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_AUTO_TEST_SUITE(option_text)

BOOST_AUTO_TEST_CASE(values_are_read_as_they_are_spelled) {
    names_lead_there_and_back<ovl::toggle>();
    names_lead_there_and_back<ovl::redirect_dir_mode>();
    names_lead_there_and_back<ovl::xino_mode>();
    names_lead_there_and_back<ovl::uuid_mode>();
    names_lead_there_and_back<ovl::verity_mode>();
    names_lead_there_and_back<ovl::fsync_mode>();
}

BOOST_AUTO_TEST_CASE(every_attribute_can_be_set_and_taken_back) {
    std::set<std::string_view> names;
    for (const auto& flag : ovl::detail::attribute_flags)
        BOOST_TEST(names.insert(flag.name).second, flag.name);
    const auto after = [](std::string_view name, ovl::mount_attributes attributes) {
        for (const auto& flag : ovl::detail::attribute_flags)
            if (flag.name == name)
                flag.apply(attributes);
        return attributes;
    };
    const ovl::mount_attributes none{};
    constexpr std::pair<const char*, const char*> opposites[] = {
        {"ro", "rw"},         {"nosuid", "suid"},           {"nodev", "dev"},
        {"noexec", "exec"},   {"nosymfollow", "symfollow"}, {"nodiratime", "diratime"},
        {"noatime", "atime"}, {"strictatime", "relatime"}};
    for (const auto& [on, off] : opposites) {
        BOOST_TEST((after(on, none) != none), on);
        BOOST_TEST((after(off, after(on, none)) == none), off);
    }
}

BOOST_AUTO_TEST_CASE(words_for_user_space_and_acts_are_told_from_options) {
    for (const char* const word : {"defaults", "nofail", "_netdev", "x-systemd.automount", "X-a"})
        BOOST_TEST(ovl::detail::is_for_user_space(word), word);
    for (const char* const word : {"bind", "remount", "rprivate", "move"})
        BOOST_TEST(ovl::detail::is_an_act(word), word);
    for (const char* const word : {"index", "ro", "userxattr", "x", ""}) {
        BOOST_TEST(!ovl::detail::is_for_user_space(word), word);
        BOOST_TEST(!ovl::detail::is_an_act(word), word);
    }
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
