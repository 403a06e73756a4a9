// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "formats.hpp"
#include "plain_text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <ovl/detail/errno_name.hpp>
#include <ovlprobe/version.hpp>
#include <string_view>

namespace ovlprobe {

namespace {

using json = nlohmann::ordered_json;

json text_or_null(std::string_view text) {
    return text.empty() ? json{} : json(std::string{text});
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        unsigned long bits = 0;
        for (std::size_t i = 0; i != 3; ++i)
            bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        for (std::size_t i = 0; i != 4; ++i)
            text += i <= group.size() ? digits[bits >> (18 - 6 * i) & 63] : '=';
    }
    return text;
}

json evidence_of(const ovl::failure& what) {
    const bool failed = what.error_number != 0;
    return {{"step", ovl::name(what.where)},
            {"call", text_or_null(what.call)},
            {"errno", failed ? json(ovl::detail::errno_name(what.error_number)) : json{}},
            {"errno_number", failed ? json(what.error_number) : json{}},
            {"subject", text_or_null(what.subject)},
            {"kernel_message", text_or_null(what.kernel_message)},
            {"explanation", text_or_null(what.explanation)}};
}

json answer_of(const ovl::verdict& v) {
    const bool state = ovl::describe(v.asked).kind == ovl::capability_kind::state;
    const ovl::reason_text& because = ovl::describe(v.because);
    return {{"kind", state ? "state" : "capability"},
            {"answer", ovl::name(v.is)},
            {"reason", because.name},
            {"detail", because.sentence},
            {"fix", text_or_null(because.fix)},
            {"value", v.value.has_value() ? json(*v.value) : json{}},
            {"evidence", v.evidence.has_value() ? evidence_of(*v.evidence) : json{}}};
}

json recommendation_of(const ovl::report& about) {
    const auto advice = ovl::recommend(about);
    if (!advice.has_value())
        return {};
    json reasons = json::object();
    for (const ovl::option_advice& one : advice->reasons)
        reasons[std::string{one.option}] = one.reason;
    return {{"options", advice->option_string()}, {"reasons", reasons}};
}

json directory_of(const outcome& of) {
    json directory{{"path", of.path}};
    if (!is_utf8(of.path))
        directory["path_bytes"] = base64(of.path);
    json filesystem;
    if (const auto& known = of.report.filesystem; known.has_value())
        filesystem = {{"type", known->type},
                      {"magic", fmt::format("{:#x}", known->magic)},
                      {"read_only", known->read_only}};
    directory["filesystem"] = filesystem;
    directory["elapsed_us"] = of.report.elapsed_microseconds;
    directory["backend"] = text_or_null(of.report.backend);
    json answers = json::object();
    for (const ovl::verdict& v : of.report.verdicts)
        answers[std::string{ovl::describe(v.asked).key}] = answer_of(v);
    directory["answers"] = answers;
    directory["recommended"] = recommendation_of(of.report);
    return directory;
}

json namespace_of(const environment& where) {
    if (!where.user_namespace.has_value())
        return {};
    const ovl::user_namespace_facts& facts = *where.user_namespace;
    return {{"initial", !ovl::in_user_namespace(facts)},
            {"entered", where.entered},
            {"inode", facts.inode.has_value() ? json(*facts.inode) : json{}},
            {"uid_map", facts.uid_map.has_value() ? json(*facts.uid_map) : json{}}};
}

json parameters_of(const ovl::kernel_facts& kernel) {
    if (!kernel.overlay_parameters.has_value())
        return {};
    json parameters = json::object();
    for (const auto& [name, value] : *kernel.overlay_parameters)
        parameters[name] = value;
    return parameters;
}

} // namespace

std::string json_of(const findings& found) {
    json directories = json::array();
    for (const outcome& of : found.outcomes)
        directories.push_back(directory_of(of));
    const json document{{"schema", 1},
                        {"tool", {{"name", "ovlprobe"}, {"version", version}}},
                        {"kernel",
                         {{"release", found.where.kernel.release},
                          {"machine", found.where.kernel.machine},
                          {"overlay_parameters", parameters_of(found.where.kernel)}}},
                        {"mode", found.where.rootless ? "rootless" : "rootful"},
                        {"user_namespace", namespace_of(found.where)},
                        {"directories", directories}};
    return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

} // namespace ovlprobe
