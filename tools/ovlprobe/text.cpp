// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "formats.hpp"
#include "plain_text.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <ovl/detail/errno_name.hpp>
#include <ovlprobe/version.hpp>
#include <range/v3/algorithm/find_if.hpp>
#include <string_view>

namespace ovlprobe {

namespace {

constexpr std::string_view green = "\x1b[32m";
constexpr std::string_view red = "\x1b[31m";
constexpr std::string_view yellow = "\x1b[33m";
constexpr std::string_view bold = "\x1b[1m";
constexpr std::string_view dim = "\x1b[2m";

/// What a container's root cannot do without.
constexpr std::array<std::string_view, 3> essential{"mount", "native-diff", "d-type"};

std::string painted(std::string_view text, std::string_view colour, const style& look) {
    return look.colour ? fmt::format("{}{}\x1b[0m", colour, text) : std::string{text};
}

std::string_view colour_of(const ovl::verdict& v) {
    if (v == ovl::answer::unknown)
        return yellow;
    if (ovl::describe(v.asked).kind == ovl::capability_kind::state)
        return {};
    return v == ovl::answer::yes ? green : red;
}

/// Good, bad or not known; a state that is known is neither good nor bad.
std::string_view mark_of(const ovl::verdict& v, const style& look) {
    if (v == ovl::answer::unknown)
        return "?";
    if (ovl::describe(v.asked).kind == ovl::capability_kind::state)
        return " ";
    if (v == ovl::answer::yes)
        return look.unicode ? "✓" : "+";
    return look.unicode ? "✗" : "x";
}

std::string head_of(const environment& where, const style& look) {
    std::string head =
        fmt::format("Linux {} {}, {}", where.kernel.release, where.kernel.machine,
                    where.rootless ? "as a rootless runtime" : "as a rootful runtime");
    if (where.user_namespace.has_value()) {
        const bool inside = ovl::in_user_namespace(*where.user_namespace);
        head += where.refused.has_value() ? ", whose user namespace was refused"
                : where.entered           ? ", in a user namespace of its own"
                : inside                  ? ", in this user namespace"
                                          : ", in the initial user namespace";
        if (inside && !where.refused.has_value() && where.user_namespace->uid_map.has_value()) {
            std::string map = *where.user_namespace->uid_map;
            std::replace(map.begin(), map.end(), '\n', ';');
            head += fmt::format(" (uid map {})", map);
        }
    }
    std::string parameters = "overlay parameters:";
    if (!where.kernel.overlay_parameters.has_value())
        parameters = "overlay parameters: not shown (the module is not loaded, or /sys is not "
                     "mounted)";
    else
        for (const auto& [name, value] : *where.kernel.overlay_parameters)
            parameters += fmt::format(" {}={}", name, value);
    return painted(wrapped(head, 0, look.width), dim, look) + "\n" +
           painted(wrapped(parameters, 0, look.width), dim, look) + "\n";
}

std::string filesystem_of(const ovl::report& about) {
    if (!about.filesystem.has_value())
        return "filesystem not known";
    const auto& known = *about.filesystem;
    std::string text = known.type == "unknown" ? fmt::format("filesystem {:#x}", known.magic)
                                               : std::string{known.type};
    if (known.read_only)
        text += ", read-only";
    return about.backend.empty() ? text
                                 : fmt::format("{}, mounted through {}", text, about.backend);
}

/// The one line that is enough where all is well; empty where it is not, or was not asked.
std::string all_is_well(const ovl::report& about, const style& look) {
    std::string names;
    for (const std::string_view key : essential) {
        const auto known = ovl::find_capability(key);
        if (!known.has_value())
            continue;
        if (!about.says(*known, ovl::answer::yes))
            return {};
        names += (names.empty() ? "" : ", ") + std::string{key};
    }
    return painted("all is well", green, look) + ": " + names + "\n";
}

/// Whether there is more to say of it than its sentence.
bool is_plain(const ovl::verdict& v) {
    return v == ovl::answer::yes ||
           (ovl::describe(v.asked).kind == ovl::capability_kind::state && v == ovl::answer::no);
}

/// The row of the report that explains what this one would explain again; null where none does.
const ovl::verdict* explained_by(const ovl::report& about, const ovl::verdict& v) {
    const auto same = [&](const ovl::verdict& earlier) {
        return !is_plain(earlier) && earlier.because == v.because && earlier.evidence == v.evidence;
    };
    const auto first = ranges::find_if(about.verdicts, same);
    return first == about.verdicts.end() || &*first == &v ? nullptr : &*first;
}

std::string row_of(const ovl::report& about, const ovl::verdict& v, std::size_t key_width,
                   const style& look) {
    const ovl::reason_text& because = ovl::describe(v.because);
    const std::size_t indent = 2 + 2 + key_width + 2 + 9;
    const auto line = [&](std::string_view label, std::string_view text) {
        return fmt::format("{:{}}{}\n", "", indent,
                           wrapped(fmt::format("{}{}", label, text), indent, look.width));
    };
    const ovl::verdict* const before = is_plain(v) ? nullptr : explained_by(about, v);
    const std::string sentence = before == nullptr ? std::string{because.sentence}
                                                   : fmt::format("for the same reason as {}",
                                                                 ovl::describe(before->asked).key);
    const std::string answer = v.value.has_value() && v == ovl::answer::yes
                                   ? std::to_string(*v.value)
                                   : std::string{ovl::name(v.is)};
    std::string row =
        fmt::format("  {} {:{}}  {}{}\n", painted(mark_of(v, look), colour_of(v), look),
                    ovl::describe(v.asked).key, key_width,
                    painted(fmt::format("{:<9}", answer), colour_of(v), look),
                    wrapped(sentence, indent, look.width));
    if (before != nullptr)
        return row;
    if (!is_plain(v) && v.evidence.has_value()) {
        row += painted(line("seen: ", printable(v.evidence_text(), !look.unicode)), dim, look);
        if (!v.evidence->explanation.empty())
            row += line("that is: ", printable(v.evidence->explanation, !look.unicode));
    }
    if (!because.fix.empty())
        row += line("fix: ", because.fix);
    return row;
}

std::string section_of(const outcome& of, const style& look) {
    std::string text = fmt::format(
        "\n{}: {} ({:.1f} ms)\n", painted(printable(of.path, !look.unicode), bold, look),
        filesystem_of(of.report), static_cast<double>(of.report.elapsed_microseconds) / 1e3);
    text += all_is_well(of.report, look);
    std::size_t key_width = 0;
    for (const ovl::verdict& v : of.report.verdicts)
        key_width = std::max(key_width, ovl::describe(v.asked).key.size());
    for (const ovl::verdict& v : of.report.verdicts)
        text += row_of(of.report, v, key_width, look);
    return text;
}

} // namespace

std::string text_of(const findings& found, const style& look) {
    std::string text = head_of(found.where, look);
    for (const outcome& of : found.outcomes)
        text += section_of(of, look);
    return text;
}

std::string recommendations_of(const findings& found) {
    std::string text;
    for (const outcome& of : found.outcomes)
        if (const auto advice = ovl::recommend(of.report); advice.has_value())
            text += advice->option_string() + "\n";
        else
            text += "\n";
    return text;
}

} // namespace ovlprobe
