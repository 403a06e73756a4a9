// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "wire.hpp"

#include <cerrno>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <type_traits>
#include <utility>

namespace ovlprobe::wire {

namespace {

// The type that json.cpp writes with, so that the program holds one alone.
using json = nlohmann::ordered_json;

/// A view that stays valid for the life of the program, as calls' and backends' names are.
std::string_view lasting(const std::string& text) {
    static std::set<std::string> texts;
    return *texts.insert(text).first;
}

template <class T, class Encode>
json optional(const std::optional<T>& value, Encode encode) {
    return value.has_value() ? encode(*value) : json{};
}

template <class Decode>
auto optional(const json& value, Decode decode) {
    using type = decltype(decode(value));
    return value.is_null() ? std::optional<type>{} : std::optional<type>{decode(value)};
}

/// A whole number that fits; out_of_range where it is none.
template <class Number>
Number number(const json& from) {
    const bool fits = from.is_number_unsigned() ? std::in_range<Number>(from.get<std::uint64_t>())
                      : from.is_number_integer() ? std::in_range<Number>(from.get<std::int64_t>())
                                                 : false;
    if (!fits)
        throw std::out_of_range{"no such number"};
    return from.get<Number>();
}

/// An enumerator of an enumeration that ends with `last`.
template <class Enumeration>
Enumeration enumerator(const json& from, Enumeration last) {
    const auto found = number<std::underlying_type_t<Enumeration>>(from);
    if (found > static_cast<std::underlying_type_t<Enumeration>>(last))
        throw std::out_of_range{"no such enumerator"};
    return static_cast<Enumeration>(found);
}

json encode(const ovl::failure& what) {
    return {static_cast<int>(what.where), std::string{what.call}, what.error_number, what.subject,
            what.kernel_message,          what.explanation};
}

ovl::failure decode_failure(const json& from) {
    return {.where = enumerator(from.at(0), ovl::step::remove_scratch),
            .call = lasting(from.at(1)),
            .error_number = number<int>(from.at(2)),
            .subject = from.at(3),
            .kernel_message = from.at(4),
            .explanation = from.at(5)};
}

json encode(const ovl::verdict& v) {
    return {static_cast<int>(v.asked), static_cast<int>(v.is), static_cast<int>(v.because),
            optional(v.evidence, [](const auto& what) { return encode(what); }),
            optional(v.value, [](std::uint64_t number) { return json(number); })};
}

ovl::verdict decode_verdict(const json& from) {
    return {.asked = enumerator(from.at(0), ovl::capability::fuse_overlayfs),
            .is = enumerator(from.at(1), ovl::answer::unknown),
            .because = enumerator(from.at(2), ovl::reason::fuse_overlayfs_failed),
            .evidence = optional(from.at(3), decode_failure),
            .value = optional(from.at(4), number<std::uint64_t>)};
}

json encode(const ovl::report& about) {
    json verdicts = json::array();
    for (const ovl::verdict& v : about.verdicts)
        verdicts.push_back(encode(v));
    const auto filesystem = [](const ovl::backing_filesystem& found) {
        return json::array({found.magic, found.read_only});
    };
    json left_behind = json::array();
    for (const ovl::failure& each : about.left_behind)
        left_behind.push_back(encode(each));
    return {optional(about.filesystem, filesystem), std::string{about.backend},
            about.elapsed_microseconds, verdicts, left_behind};
}

ovl::report decode_report(const json& from) {
    ovl::report about;
    about.filesystem = optional(from.at(0), [](const json& found) {
        return ovl::identify(number<std::uint32_t>(found.at(0)), found.at(1).get<bool>());
    });
    about.backend = lasting(from.at(1));
    about.elapsed_microseconds = number<std::int64_t>(from.at(2));
    for (const json& v : from.at(3))
        about.verdicts.push_back(decode_verdict(v));
    for (const json& each : from.at(4))
        about.left_behind.push_back(decode_failure(each));
    return about;
}

json encode(const ovl::user_namespace_facts& facts) {
    return json::array({optional(facts.inode, [](std::uint64_t inode) { return json(inode); }),
                        optional(facts.uid_map, [](const std::string& map) { return json(map); }),
                        facts.virtualised_inode});
}

ovl::user_namespace_facts decode_facts(const json& from) {
    return {.inode = optional(from.at(0), number<std::uint64_t>),
            .uid_map = optional(from.at(1), [](const json& map) { return map.get<std::string>(); }),
            .virtualised_inode = from.at(2)};
}

json encode(const ovl::namespace_refusal& refused) {
    return {static_cast<int>(refused.stage), refused.error_number, static_cast<int>(refused.cause),
            refused.evidence, refused.fix};
}

ovl::namespace_refusal decode_refusal(const json& from) {
    return {.stage = enumerator(from.at(0), ovl::namespace_stage::exec),
            .error_number = number<int>(from.at(1)),
            .cause = enumerator(from.at(2), ovl::namespace_cause::unknown),
            .evidence = from.at(3),
            .fix = from.at(4)};
}

struct encoder {
    json operator()(const ready& m) const {
        return json::array({"ready",
                            optional(m.user_namespace, [](const auto& f) { return encode(f); }),
                            optional(m.refused, [](const auto& r) { return encode(r); })});
    }
    json operator()(const began& m) const { return json::array({"began", m.index}); }
    json operator()(const answered& m) const {
        return json::array({"answered", encode(m.verdict)});
    }
    json operator()(const finished& m) const {
        return json::array({"finished", m.index,
                            optional(m.unusable, [](const auto& what) { return encode(what); }),
                            encode(m.report)});
    }
};

message decode_message(const json& from) {
    if (from.at(0) == "ready")
        return ready{.user_namespace = optional(from.at(1), decode_facts),
                     .refused = optional(from.at(2), decode_refusal)};
    if (from.at(0) == "began")
        return began{.index = number<std::size_t>(from.at(1))};
    if (from.at(0) == "answered")
        return answered{.verdict = decode_verdict(from.at(1))};
    if (from.at(0) == "finished")
        return finished{.index = number<std::size_t>(from.at(1)),
                        .unusable = optional(from.at(2), decode_failure),
                        .report = decode_report(from.at(3))};
    throw std::out_of_range{"no such message"};
}

} // namespace

std::vector<std::uint8_t> encode(const message& what) {
    return json::to_cbor(std::visit(encoder{}, what));
}

std::optional<message> decode(std::span<const std::uint8_t> packet) {
    try {
        return decode_message(json::from_cbor(packet));
    } catch (const json::exception&) {
        return std::nullopt;
    } catch (const std::out_of_range&) {
        return std::nullopt;
    }
}

bool send(int channel, const message& what) {
    const std::vector<std::uint8_t> packet = encode(what);
    ssize_t sent = -1;
    do
        sent = ::send(channel, packet.data(), packet.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == static_cast<ssize_t>(packet.size());
}

std::optional<message> receive(int channel) {
    ssize_t size = -1;
    do
        size = ::recv(channel, nullptr, 0, MSG_PEEK | MSG_TRUNC);
    while (size < 0 && errno == EINTR);
    if (size <= 0)
        return std::nullopt;
    std::vector<std::uint8_t> packet(static_cast<std::size_t>(size));
    if (::recv(channel, packet.data(), packet.size(), 0) != size)
        return std::nullopt;
    return decode(packet);
}

} // namespace ovlprobe::wire
