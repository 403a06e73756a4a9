// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/probe/all_probes.hpp>

#include "support/temporary_directory.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <map>
#include <ovl/sandbox/child.hpp>
#include <ovl/sandbox/old_kernel.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace test = boost::unit_test;

namespace {

struct exception {
    ovl::capability asked;
    std::string_view because;
};

/// What cannot be had without the system calls for mounting that came after mount(2).
constexpr std::array exceptions{
    exception{ovl::capability::new_mount_api,
              "it asks for fsopen, fsconfig and fsmount themselves"},
    exception{ovl::capability::detached_mount, "mount(2) always attaches; fsmount does not"},
    exception{ovl::capability::mount_log, "the log is read from fsopen's descriptor"},
    exception{ovl::capability::statmount, "it asks for the call itself"},
    exception{ovl::capability::layer_fds, "fsconfig alone takes a descriptor"},
    exception{ovl::capability::append_layers, "mount(2) cannot say an appended layer's comma"},
    exception{ovl::capability::idmapped_layers, "mount_setattr alone maps a mount"},
    exception{ovl::capability::many_layers, "mount(2) takes one page of options"},
};

[[nodiscard]] bool is_exception(std::string_view key) {
    return std::any_of(exceptions.begin(), exceptions.end(),
                       [&](const exception& each) { return describe(each.asked).key == key; });
}

/// Every answer with its reason, by its key, of a process that may be without the calls.
template <ovl::policies P>
[[nodiscard]] std::map<std::string, std::string> answers(const std::string& where, bool old) {
    const auto ended = ovl::sandbox::run_in_child([&] {
        if (old && ovl::sandbox::deny_new_mount_calls() != 0)
            return 1;
        const auto questions = ovl::all_questions<P>();
        std::vector<ovl::verdict> found(questions.size());
        ovl::run<P>(where, questions, found);
        for (const ovl::verdict& each : found)
            std::printf("%s %s %s\n", describe(each.asked).key.data(), name(each.is).data(),
                        describe(each.because).name.data());
        return std::fflush(stdout);
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_REQUIRE_MESSAGE(ended.value().exited_with(0), ended.value().describe());
    std::map<std::string, std::string> by_key;
    std::istringstream lines{ended.value().output};
    for (std::string key, rest; lines >> key && std::getline(lines, rest);)
        by_key[key] = rest;
    return by_key;
}

} // namespace

BOOST_AUTO_TEST_SUITE(probe)
BOOST_AUTO_TEST_SUITE(old_kernel)

using both_modes = std::tuple<ovl::rootful, ovl::rootless>;

BOOST_TEST_DECORATOR(*test::precondition(ovl::sandbox::needs_sandbox{}))
BOOST_AUTO_TEST_CASE_TEMPLATE(every_answer_is_the_same_but_for_a_list, P, both_modes) {
    const ovl_test::temporary_directory base;
    const auto with = answers<P>(base.path(), false);
    const auto without = answers<P>(base.path(), true);
    BOOST_REQUIRE(with.size() == ovl::all_questions<P>().size());
    BOOST_REQUIRE(without.size() == with.size());
    for (const auto& [key, answer] : with)
        if (!is_exception(key))
            BOOST_TEST(without.at(key) == answer,
                       key << ": with the new calls" << answer << ", without" << without.at(key));
    BOOST_TEST(without.at("new-mount-api") == " no new-mount-api-missing");
    BOOST_TEST(without.at("statmount") == " no statmount-missing");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
