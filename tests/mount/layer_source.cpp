// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/layer_source.hpp>

#include <boost/test/unit_test.hpp>
#include <string>

using ovl::layer_source;

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_AUTO_TEST_SUITE(layer_sources)

BOOST_AUTO_TEST_CASE(a_path_is_a_path_of_its_own) {
    std::string text = "/a";
    const layer_source source{text};
    text = "/b";
    BOOST_TEST(source.by_path());
    BOOST_TEST(source.path() == "/a");
    BOOST_TEST(source.view().at == AT_FDCWD);
    BOOST_TEST(source.view().path == "/a");
    BOOST_TEST((source == layer_source{"/a"}));
    BOOST_TEST((source != layer_source{"/b"}));
}

BOOST_AUTO_TEST_CASE(a_descriptor_stays_the_callers_and_may_have_a_path_below_it) {
    const layer_source bare = layer_source::of(7);
    BOOST_TEST(!bare.by_path());
    BOOST_TEST(bare.view().at == 7);
    BOOST_TEST(bare.view().path.empty());
    const layer_source below = layer_source::of(7, "x");
    BOOST_TEST(below.descriptor() == 7);
    BOOST_TEST(below.path() == "x");
    BOOST_TEST((below != bare));
    BOOST_TEST((layer_source{"x"} != below));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
