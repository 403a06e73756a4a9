// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/scratch/layer_tree.hpp>

#include "support/faulty_fs.hpp"
#include "support/recording_fs.hpp"
#include "support/temporary_directory.hpp"

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <string>
#include <sys/stat.h>
#include <vector>

using ovl::layer_name;
using ovl_test::entries_of;
using ovl_test::temporary_directory;

namespace {

constexpr std::array tree{
    ovl::tree_entry{layer_name::lower1, "d", S_IFDIR | 0755},
    ovl::tree_entry{layer_name::lower1, "d/f", S_IFREG | 0640},
    ovl::tree_entry{layer_name::lower2, "w", S_IFCHR},
    ovl::tree_entry{layer_name::lower2, "o", S_IFDIR | 0700, "opaque", "y"},
};

/// Takes extended attributes of any name, so that the tests need neither privilege nor a filesystem
/// that has them.
struct without_xattrs : ovl::posix_fs {
    [[nodiscard]] ovl::result<void> set_xattr(int, const char*, const char*,
                                              std::string_view) const {
        return {};
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(scratch)
BOOST_AUTO_TEST_SUITE(layer_tree)

BOOST_AUTO_TEST_CASE(a_set_has_the_layers_of_its_entries) {
    constexpr ovl::layer_set used{tree};
    static_assert(used.has(layer_name::lower1) && used.has(layer_name::lower2));
    static_assert(!used.has(layer_name::data) && !used.has(layer_name::upper));
    ovl::layer_set sum;
    sum.add(layer_name::work);
    sum.add(used);
    BOOST_TEST(sum.has(layer_name::work));
    BOOST_TEST(sum.has(layer_name::lower1));
    BOOST_TEST(!sum.has(layer_name::upper));
}

BOOST_AUTO_TEST_CASE(paths_name_layer_and_home) {
    BOOST_TEST(ovl::layer_path(layer_name::upper, "native-diff", "d/f").view() ==
               "upper/native-diff.d/f");
    BOOST_TEST(ovl::merged_path("native-diff", "d").view() == "native-diff.d");
}

BOOST_AUTO_TEST_CASE(makes_what_is_declared_with_its_mode) {
    const temporary_directory base;
    const mode_t mask = ::umask(0);
    const without_xattrs fs;
    ovl::layer_tree layers{fs, base.fd()};
    const bool made = layers.make_layers(ovl::layer_set{tree}).has_value() &&
                      layers.build<ovl::user_xattr>("home", tree).has_value();
    ::umask(mask);
    BOOST_REQUIRE(made);
    BOOST_TEST(entries_of(base.path()) == (std::vector<std::string>{"lower1", "lower2"}),
               boost::test_tools::per_element());
    struct stat found {};
    BOOST_TEST(::stat(base.path("lower1/home.d/f").c_str(), &found) == 0);
    BOOST_TEST(found.st_mode == (S_IFREG | 0640u));
    BOOST_TEST(::stat(base.path("lower2/home.w").c_str(), &found) == 0);
    BOOST_TEST(S_ISCHR(found.st_mode));
    BOOST_TEST(found.st_rdev == 0u);
    BOOST_TEST(::stat(base.path("lower2/home.o").c_str(), &found) == 0);
    BOOST_TEST(found.st_mode == (S_IFDIR | 0700u));
}

BOOST_AUTO_TEST_CASE(marks_are_of_the_class_of_the_policies) {
    const temporary_directory base;
    ovl_test::call_log log;
    const ovl_test::recording_fs<without_xattrs> fs{{&log}};
    ovl::layer_tree layers{fs, base.fd()};
    BOOST_REQUIRE(layers.make_layers(ovl::layer_set{tree}).has_value());
    BOOST_REQUIRE(layers.build<ovl::trusted_xattr>("a", tree).has_value());
    BOOST_REQUIRE(layers.build<ovl::user_xattr>("b", tree).has_value());
    using call = ovl_test::recorded_call;
    BOOST_TEST(std::count(log.begin(), log.end(), call{"set_xattr", "trusted.overlay.opaque"}) ==
               1);
    BOOST_TEST(std::count(log.begin(), log.end(), call{"set_xattr", "user.overlay.opaque"}) == 1);
}

BOOST_AUTO_TEST_CASE(a_failure_names_the_step_and_the_entry_or_attribute) {
    const temporary_directory base;
    ovl_test::fault injected{.error_number = ENOSPC, .operation = "make_node"};
    const ovl_test::faulty_fs<without_xattrs> fs{{&injected}};
    ovl::layer_tree layers{fs, base.fd()};
    BOOST_REQUIRE(layers.make_layers(ovl::layer_set{tree}).has_value());
    const auto built = layers.build<ovl::user_xattr>("home", tree);
    BOOST_REQUIRE(!built.has_value());
    BOOST_TEST(built.error().error_number == ENOSPC);
    BOOST_TEST((built.error().where == ovl::step::build_layers));
    BOOST_TEST(built.error().subject == "lower1/home.d/f");

    injected = {.error_number = ENOTSUP, .operation = "set_xattr"};
    const auto unmarked = layers.build<ovl::user_xattr>("other", tree);
    BOOST_REQUIRE(!unmarked.has_value());
    BOOST_TEST(unmarked.error().subject == "user.overlay.opaque");

    injected = {.error_number = EDQUOT, .operation = "make_directory"};
    const auto unmade = layers.make_layers(ovl::layer_set{tree});
    BOOST_REQUIRE(!unmade.has_value());
    BOOST_TEST(unmade.error().subject == "lower1");
}

BOOST_AUTO_TEST_CASE(clears_what_it_made_without_listing) {
    const temporary_directory base;
    ovl_test::call_log log;
    const ovl_test::recording_fs<without_xattrs> fs{{&log}};
    ovl::layer_tree layers{fs, base.fd()};
    BOOST_REQUIRE(layers.make_layers(ovl::layer_set{tree}).has_value());
    BOOST_REQUIRE(layers.build<ovl::user_xattr>("home", tree).has_value());
    BOOST_REQUIRE(layers.clear().has_value());
    BOOST_TEST(entries_of(base.path()).empty());
    BOOST_TEST(std::none_of(log.begin(), log.end(), [](const ovl_test::recorded_call& made) {
        return made.operation == "read_entries";
    }));
    BOOST_TEST(!layers.layers().has(layer_name::lower1));
}

BOOST_AUTO_TEST_CASE(clears_by_listing_what_it_did_not_make) {
    const temporary_directory base;
    const without_xattrs fs;
    ovl::layer_tree layers{fs, base.fd()};
    BOOST_REQUIRE(layers.make_layers(ovl::layer_set{tree}).has_value());
    BOOST_REQUIRE(::mkdirat(base.fd(), "lower1/stranger", 0700) == 0);
    BOOST_REQUIRE(layers.clear().has_value());
    BOOST_TEST(entries_of(base.path()).empty());
}

BOOST_AUTO_TEST_CASE(what_could_not_be_cleared_is_cleared_the_next_time) {
    const temporary_directory base;
    // Once by its name, and once in a listing.
    for (const int at : {1, 2}) {
        ovl_test::fault injected{.error_number = EIO, .at = 0, .operation = "remove_directory"};
        const ovl_test::faulty_fs<without_xattrs> fs{{&injected}};
        ovl::layer_tree layers{fs, base.fd()};
        BOOST_REQUIRE(layers.make_layers(ovl::layer_set{tree}).has_value());
        for (int i = 0; i < at; ++i) {
            const auto cleared = layers.clear();
            BOOST_REQUIRE(!cleared.has_value());
            BOOST_TEST(cleared.error().error_number == EIO);
            BOOST_TEST((cleared.error().where == ovl::step::remove_scratch));
            BOOST_TEST(!entries_of(base.path()).empty());
        }
        injected.at = -1;
        BOOST_TEST(layers.clear().has_value());
        BOOST_TEST(entries_of(base.path()).empty());
    }
}

BOOST_AUTO_TEST_CASE(an_entry_of_the_upper_is_noted_with_the_directories_above_it) {
    const temporary_directory base;
    ovl_test::call_log log;
    const ovl_test::recording_fs<without_xattrs> fs{{&log}};
    ovl::layer_tree layers{fs, base.fd()};
    layers.note_upper("home", "d/e/f", ovl::entry_kind::file);
    BOOST_TEST(layers.clear().has_value());
    using call = ovl_test::recorded_call;
    const std::vector<call> expected{{"remove_file", "upper/home.d/e/f"},
                                     {"remove_directory", "upper/home.d/e"},
                                     {"remove_directory", "upper/home.d"}};
    BOOST_TEST((log == expected));
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
