// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/security_modules.hpp>

#include <boost/test/unit_test.hpp>

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(security_modules)

BOOST_AUTO_TEST_CASE(labels_are_told_apart) {
    const ovl::security_modules selinux{"capability,selinux", "system_u:system_r:container_t:s0"};
    BOOST_TEST(selinux.label_is_of_selinux());
    BOOST_TEST(selinux.confinement() == "SELinux context system_u:system_r:container_t:s0");
    const ovl::security_modules profile{"capability,apparmor", "docker-default (enforce)"};
    BOOST_TEST(!profile.label_is_of_selinux());
    BOOST_TEST(profile.confinement() == "AppArmor profile docker-default (enforce)");
    const ovl::security_modules stacked{"apparmor", ":root://lxd:&:a:b (enforce)"};
    BOOST_TEST(!stacked.label_is_of_selinux());
}

BOOST_AUTO_TEST_CASE(where_nothing_confines_nothing_is_named) {
    BOOST_TEST((ovl::security_modules{"apparmor", "unconfined"}).confinement().empty());
    BOOST_TEST((ovl::security_modules{"capability", ""}).confinement().empty());
}

BOOST_AUTO_TEST_CASE(what_is_read_ends_before_the_line_does) {
    const ovl::security_modules here = ovl::read_security_modules();
    BOOST_TEST(here.label.find('\n') == std::string::npos);
    BOOST_TEST(here.label == ovl::read_security_label());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
