// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/mount_string.hpp>

#include <array>
#include <boost/test/unit_test.hpp>
#include <string>

using ovl::layer;
using ovl::mount_parameter;
using ovl::mount_request;

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_AUTO_TEST_SUITE(mount_string)

BOOST_AUTO_TEST_CASE(everything_in_one_string_escaped_by_its_role) {
    const std::array lower{layer{.path = "/a:b"}, layer{.path = "/c,d"}};
    const std::array data{layer{.path = "/e\\f"}};
    const std::array parameters{mount_parameter{"userxattr", nullptr},
                                mount_parameter{"xino", "off"}};
    const mount_request request{.lower = lower,
                                .data = data,
                                .upper = layer{.path = "/u:,\\"},
                                .work = layer{.path = "/w"},
                                .parameters = parameters};
    BOOST_TEST(
        ovl::detail::mount_data(request).starts_with(R"(lowerdir=/a\:b:/c\,d::/e\\f,upperdir=/u)"));
    BOOST_TEST(ovl::detail::mount_data(request).ends_with(R"(\,\\,workdir=/w,userxattr,xino=off)"));
}

BOOST_AUTO_TEST_CASE(what_is_a_flag_of_the_call_is_not_in_the_string) {
    const std::array lower{layer{.path = "/a"}, layer{.path = "/b"}};
    const std::array parameters{mount_parameter{"ro", nullptr}, mount_parameter{"sync", nullptr},
                                mount_parameter{"dirsync", nullptr},
                                mount_parameter{"lazytime", nullptr},
                                mount_parameter{"xino", "on"}};
    const mount_request request{.lower = lower, .parameters = parameters};
    BOOST_TEST(ovl::detail::mount_data(request) == "lowerdir=/a:/b,xino=on");
    BOOST_TEST(ovl::detail::mount_flags(request) ==
               (MS_RDONLY | MS_SYNCHRONOUS | MS_DIRSYNC | 1UL << 25));
}

BOOST_AUTO_TEST_CASE(a_value_with_a_comma_stands_in_quotes) {
    const std::array lower{layer{.path = "/a"}, layer{.path = "/b"}};
    const std::array parameters{mount_parameter{"context", "u:object_r:tmp_t:s0:c1,c2"},
                                mount_parameter{"fscontext", "u:object_r:tmp_t:s0"}};
    BOOST_TEST(
        ovl::detail::mount_data(mount_request{.lower = lower, .parameters = parameters}) ==
        R"(lowerdir=/a:/b,context="u:object_r:tmp_t:s0:c1,c2",fscontext=u:object_r:tmp_t:s0)");
}

BOOST_AUTO_TEST_CASE(every_attribute_has_its_flag) {
    using namespace ovl::detail;
    const auto flags = [](unsigned attributes) {
        return mount_flags(mount_request{.attributes = attributes});
    };
    BOOST_TEST(flags(0) == 0UL);
    BOOST_TEST(flags(mount_attribute_read_only) == MS_RDONLY + 0UL);
    BOOST_TEST(flags(mount_attribute_nosuid | mount_attribute_nodev | mount_attribute_noexec) ==
               (MS_NOSUID | MS_NODEV | MS_NOEXEC) + 0UL);
    BOOST_TEST(flags(mount_attribute_noatime) == MS_NOATIME + 0UL);
    BOOST_TEST(flags(mount_attribute_strictatime) == MS_STRICTATIME + 0UL);
    BOOST_TEST(flags(mount_attribute_nodiratime) == MS_NODIRATIME + 0UL);
    BOOST_TEST(flags(mount_attribute_nosymfollow) == 256UL);
}

BOOST_AUTO_TEST_CASE(the_common_directory_is_whole_components) {
    const auto common = [](std::string_view one, std::string_view other, std::string_view upper) {
        const std::array lower{layer{.path = one}, layer{.path = other}};
        return ovl::detail::common_directory(
            mount_request{.lower = lower, .upper = layer{.path = upper}});
    };
    BOOST_TEST(common("/s/1/a", "/s/1/b", "/s/1/u") == "/s/1/");
    BOOST_TEST(common("/s/12", "/s/13", "/s/1") == "/s/");
    BOOST_TEST(common("/s/1/a", "/t/1/b", "/s/1/u") == "/");
    BOOST_TEST(common("/s/a", "s/b", "/s/u") == "");
    BOOST_TEST(common("s/b", "/s/a", "/s/u") == "");
    const std::array by_descriptor{layer{.path = "/s/a"}, layer{.at = 3, .path = "b"}};
    BOOST_TEST(ovl::detail::common_directory(mount_request{.lower = by_descriptor}) == "");
}

BOOST_AUTO_TEST_CASE(renamed_layers_keep_their_roles_and_all_else) {
    const std::array lower{layer{.path = "a"}, layer{.path = "b"}};
    const std::array data{layer{.path = "c"}};
    const mount_request request{.lower = lower,
                                .data = data,
                                .upper = layer{.path = "u"},
                                .work = layer{.path = "w"},
                                .attributes = 7};
    const ovl::detail::renamed_layers renamed{
        request, [](const layer& what) { return "/new/" + std::string{what.path}; }};
    BOOST_TEST(ovl::detail::mount_data(renamed.request()) ==
               "lowerdir=/new/a:/new/b::/new/c,upperdir=/new/u,workdir=/new/w");
    BOOST_TEST(renamed.request().attributes == 7U);
    const mount_request no_upper{.lower = lower};
    const ovl::detail::renamed_layers plain{
        no_upper, [](const layer& what) { return std::string{what.path}; }};
    BOOST_TEST(!plain.request().upper.has_value());
    BOOST_TEST(plain.request().data.empty());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
