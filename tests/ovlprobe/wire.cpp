// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "wire.hpp"

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>
#include <sys/socket.h>

namespace wire = ovlprobe::wire;
using nlohmann::json;

namespace {

std::optional<wire::message> decoded(const json& what) {
    return wire::decode(json::to_cbor(what));
}

const json verdict = {6, 0, 1, {8, "renameat2", 18, "d1", "", ""}, nullptr};

} // namespace

BOOST_AUTO_TEST_SUITE(ovlprobe_tool)
BOOST_AUTO_TEST_SUITE(wire_format)

BOOST_AUTO_TEST_CASE(a_message_arrives_as_it_was_sent) {
    int ends[2];
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    const ovl::unique_fd ours{ends[0]};
    ovl::unique_fd theirs{ends[1]};
    const ovl::failure evidence{.where = ovl::step::act,
                                .call = "renameat2",
                                .error_number = EXDEV,
                                .subject = "\xff not UTF-8",
                                .kernel_message = "",
                                .explanation = ""};
    const auto sent =
        ovl::give(ovl::capability::native_diff, ovl::answer::no, ovl::reason::metacopy_off, evidence);
    BOOST_REQUIRE(wire::send(theirs.get(), wire::answered{sent}));
    const auto heard = wire::receive(ours.get());
    BOOST_REQUIRE(heard.has_value());
    const auto* const answered = std::get_if<wire::answered>(&*heard);
    BOOST_REQUIRE(answered != nullptr);
    BOOST_TEST((answered->verdict.asked == sent.asked));
    BOOST_TEST((answered->verdict.is == sent.is));
    BOOST_TEST((answered->verdict.because == sent.because));
    BOOST_TEST(answered->verdict.evidence->subject == evidence.subject);
    BOOST_TEST(answered->verdict.evidence->error_number == EXDEV);
    theirs.reset();
    BOOST_TEST(!wire::receive(ours.get()).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_no_message_is_none) {
    BOOST_TEST(decoded({"answered", verdict}).has_value());
    BOOST_TEST(!wire::decode({}).has_value());
    BOOST_TEST(!decoded("answered").has_value());
    BOOST_TEST(!decoded({"hello", 1}).has_value());
    BOOST_TEST(!decoded({"began"}).has_value());
    BOOST_TEST(!decoded({"began", -1}).has_value());
    BOOST_TEST(!decoded({"began", 0.5}).has_value());
    json cut = verdict;
    cut.erase(4);
    BOOST_TEST(!decoded({"answered", cut}).has_value());
}

BOOST_AUTO_TEST_CASE(an_enumerator_that_there_is_not_is_no_message) {
    for (std::size_t field = 0; field != 3; ++field) {
        json beyond = verdict;
        beyond[field] = 250;
        BOOST_TEST(!decoded({"answered", beyond}).has_value());
    }
    json step = verdict;
    step[3][0] = 12;
    BOOST_TEST(!decoded({"answered", step}).has_value());
    BOOST_TEST(!decoded({"ready", nullptr, {15, 1, 0, "", ""}}).has_value());
    BOOST_TEST(!decoded({"ready", nullptr, {0, 1, 24, "", ""}}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
