// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/sandbox/settings.hpp>

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

namespace {

auto settings_of(const std::map<std::string, std::string>& environment) {
    return ovl::sandbox::read_settings([&](const char* variable) -> const char* {
        const auto found = environment.find(variable);
        return found != environment.end() ? found->second.c_str() : nullptr;
    });
}

} // namespace

BOOST_AUTO_TEST_SUITE(sandbox)
BOOST_AUTO_TEST_SUITE(settings)

BOOST_AUTO_TEST_CASE(an_empty_environment_gives_the_defaults) {
    for (const auto& environment :
         {std::map<std::string, std::string>{}, {{"OVL_SANDBOX", ""}, {"OVL_SANDBOX_LEVEL", ""}}}) {
        const auto read = settings_of(environment);
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST((read.value().wanted == ovl::sandbox::policy::automatic));
        BOOST_TEST(!read.value().level.has_value());
        BOOST_TEST(read.value().time_limit.count() == 60);
        BOOST_TEST(!read.value().expects_skip_of("suite/case"));
    }
}

BOOST_AUTO_TEST_CASE(every_level_is_found_by_its_name) {
    for (std::size_t i = 0; i != ovl::sandbox::level_names.size(); ++i) {
        const auto read =
            settings_of({{"OVL_SANDBOX_LEVEL", std::string{ovl::sandbox::level_names[i]}}});
        BOOST_REQUIRE(read.has_value());
        BOOST_TEST((read.value().level == static_cast<ovl::sandbox::level>(i)));
    }
}

BOOST_AUTO_TEST_CASE(expected_skips_are_names_and_globs) {
    const auto read = settings_of({{"OVL_EXPECTED_SKIPS", "a/b,c/*,,*verity*"}});
    BOOST_REQUIRE(read.has_value());
    BOOST_TEST(read.value().expects_skip_of("a/b"));
    BOOST_TEST(!read.value().expects_skip_of("a/bc"));
    BOOST_TEST(read.value().expects_skip_of("c/d/e"));
    BOOST_TEST(read.value().expects_skip_of("probe/verity_is_kept"));
    BOOST_TEST(!read.value().expects_skip_of("d"));
}

BOOST_AUTO_TEST_CASE(a_bad_value_is_named_with_what_would_be_right) {
    BOOST_TEST(settings_of({{"OVL_SANDBOX", "yes"}}).error() ==
               "OVL_SANDBOX='yes': must be auto, require or off");
    BOOST_TEST(settings_of({{"OVL_SANDBOX_LEVEL", "user"}}).error() ==
               "OVL_SANDBOX_LEVEL='user': must be one of root, userns, userns-self, userns-range, "
               "nested, pid, old-kernel");
    for (const char* const bad : {"0", "-1", "5s", "1e3", "99999999999", " 5", "86401"})
        BOOST_TEST(settings_of({{"OVL_SANDBOX_TIME_LIMIT", bad}}).error() ==
                   "OVL_SANDBOX_TIME_LIMIT='" + std::string{bad} +
                       "': must be a number of seconds from 1 to 86400");
    BOOST_TEST(settings_of({{"OVL_SANDBOX_TIME_LIMIT", "86400"}}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
