// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/escape.hpp>

#include <array>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>

using ovl::layer_role;
using ovl::mount_interface;

namespace {

/// How one path is spelled in one place.
struct spelling {
    const char* what;
    mount_interface through;
    layer_role role;
    const char* path;
    const char* escaped;
};

std::ostream& operator<<(std::ostream& out, const spelling& shown) {
    return out << shown.what << " " << shown.path;
}

constexpr const char* odd = "/a:b,c\\d e\"\n\t#=%\xff";

const std::array spellings{
    spelling{"lowerdir through mount(2)", mount_interface::mount_string, layer_role::lowerdir, odd,
             "/a\\:b\\,c\\\\d e\"\n\t#=%\xff"},
    spelling{"upperdir through mount(2)", mount_interface::mount_string, layer_role::upperdir, odd,
             "/a:b\\,c\\\\d e\"\n\t#=%\xff"},
    spelling{"workdir through mount(2)", mount_interface::mount_string, layer_role::workdir, odd,
             "/a:b\\,c\\\\d e\"\n\t#=%\xff"},
    spelling{"lowerdir+ through mount(2)", mount_interface::mount_string, layer_role::appended,
             "/a:b\\d", "/a:b\\d"},
    spelling{"lowerdir through fsconfig(2)", mount_interface::fsconfig, layer_role::lowerdir, odd,
             "/a\\:b,c\\\\d e\"\n\t#=%\xff"},
    spelling{"upperdir through fsconfig(2)", mount_interface::fsconfig, layer_role::upperdir, odd,
             "/a:b,c\\\\d e\"\n\t#=%\xff"},
    spelling{"workdir through fsconfig(2)", mount_interface::fsconfig, layer_role::workdir, odd,
             "/a:b,c\\\\d e\"\n\t#=%\xff"},
    spelling{"lowerdir+ through fsconfig(2)", mount_interface::fsconfig, layer_role::appended, odd,
             odd},
};

} // namespace

BOOST_AUTO_TEST_SUITE(mounting)
BOOST_AUTO_TEST_SUITE(escape)

BOOST_DATA_TEST_CASE(each_interface_and_role_has_its_own_rules,
                     boost::unit_test::data::make(spellings)) {
    std::string text = "before=";
    ovl::append_escaped(text, sample.path, sample.through, sample.role);
    BOOST_TEST(text == std::string{"before="} + sample.escaped);
}

BOOST_AUTO_TEST_CASE(only_a_comma_after_lowerdir_plus_in_a_string_cannot_be_said) {
    BOOST_TEST(!ovl::expressible(mount_interface::mount_string, layer_role::appended, "a,b"));
    BOOST_TEST(ovl::expressible(mount_interface::mount_string, layer_role::appended, "a:b"));
    BOOST_TEST(ovl::expressible(mount_interface::mount_string, layer_role::lowerdir, "a,b"));
    BOOST_TEST(ovl::expressible(mount_interface::fsconfig, layer_role::appended, "a,b"));
}

BOOST_AUTO_TEST_CASE(a_layer_by_descriptor_is_named_through_proc) {
    std::string text;
    ovl::append_layer(text, {.at = 7, .path = {}}, mount_interface::fsconfig, layer_role::lowerdir);
    BOOST_TEST(text == "/proc/self/fd/7");
    text.clear();
    ovl::append_layer(text, {.at = 7, .path = "a:b"}, mount_interface::fsconfig,
                      layer_role::lowerdir);
    BOOST_TEST(text == "/proc/self/fd/7/a\\:b");
}

BOOST_AUTO_TEST_CASE(layers_are_joined_from_the_top_down_and_data_comes_last) {
    const std::array lower{ovl::layer{.path = "/up:per"}, ovl::layer{.path = "/low"}};
    const std::array data{ovl::layer{.path = "/d1"}, ovl::layer{.path = "/d2"}};
    ovl::mount_request request{};
    request.lower = lower;
    BOOST_TEST(ovl::lowerdir_value(request, mount_interface::fsconfig) == "/up\\:per:/low");
    request.data = data;
    BOOST_TEST(ovl::lowerdir_value(request, mount_interface::fsconfig) ==
               "/up\\:per:/low::/d1::/d2");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
