// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "arguments.hpp"
#include "formats.hpp"
#include "mode.hpp"
#include "output.hpp"
#include "plain_text.hpp"
#include "status.hpp"
#include "supervisor.hpp"
#include "terminal.hpp"

#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <exception>
#include <fmt/format.h>
#include <range/v3/algorithm/all_of.hpp>
#include <thread>

namespace {

using namespace ovlprobe;

void complain(std::string_view what) {
    fmt::print(stderr, "ovlprobe: {}\n", what);
}

/// Takes out the directories that cannot be asked about, and says so; whether there were any.
bool complain_of_unusable(findings& found) {
    const auto unusable = [](const outcome& of) { return of.unusable.has_value(); };
    for (const outcome& of : found.outcomes)
        if (unusable(of))
            complain(fmt::format("'{}': {}", printable(of.path),
                                 std::strerror(of.unusable->error_number)));
    return std::erase_if(found.outcomes, unusable) != 0;
}

/// What lies in a directory and should not, for somebody to look at and remove.
void warn_of_leftovers(const findings& found) {
    for (const outcome& of : found.outcomes)
        for (const ovl::failure& each : of.report.left_behind)
            complain(fmt::format("warning: '{}': left behind {}: {}: {}{}", printable(of.path),
                                 printable(each.subject), each.call,
                                 ovl::detail::errno_name(each.error_number),
                                 each.explanation.empty() ? "" : " (" + each.explanation + ")"));
}

void complain_of_refusal(const ovl::namespace_refusal& refused) {
    complain(fmt::format("a user and mount namespace, which an ordinary user needs to mount, was "
                         "refused: {}{}",
                         refused.sentence(),
                         refused.evidence.empty() ? "" : " (" + refused.evidence + ")"));
    complain(refused.line());
}

/// The seconds for which labels hold: a day, so that a missed run or two is no outage.
constexpr std::time_t label_lifetime = std::time_t{24} * 60 * 60;

std::string formatted(const arguments& wanted, const findings& found, const style& look) {
    switch (wanted.as) {
    case format::json:
        return json_of(found);
    case format::nfd:
        return nfd_of(found, std::time(nullptr) + label_lifetime);
    case format::prometheus:
        return prometheus_of(found);
    case format::text:
        break;
    }
    return wanted.recommend ? recommendations_of(found) : text_of(found, look);
}

/// The exit status that the answers make.
exit_status status_of(const arguments& wanted, const findings& found, bool any_unusable) {
    if (any_unusable)
        return wrong_usage;
    bool not_told = found.where.refused.has_value();
    for (const outcome& of : found.outcomes) {
        not_told |= ranges::all_of(
            of.report.verdicts, [](ovl::answer is) { return is == ovl::answer::unknown; },
            &ovl::verdict::is);
        for (const requirement& one : wanted.required) {
            const ovl::verdict* const v = of.report.find(one.which);
            if (v == nullptr || *v == ovl::answer::unknown)
                not_told = true;
            else if (v->is != one.expected)
                return required_is_no;
        }
    }
    return not_told ? could_not_tell : fine;
}

int print(const arguments& wanted, const std::string& text, int status) {
    const auto failed = wanted.output.has_value() ? write_to_file(*wanted.output, text)
                        : wanted.quiet            ? std::nullopt
                                                  : write_to_standard_output(text);
    if (!failed.has_value())
        return status;
    complain(*failed);
    return status == fine ? could_not_tell : status;
}

int ask_and_print(const arguments& wanted, const mode& as, const style& look) {
    findings found = supervise(wanted, as);
    const bool any_unusable = complain_of_unusable(found);
    if (found.where.refused.has_value())
        complain_of_refusal(*found.where.refused);
    warn_of_leftovers(found);
    const int status = status_of(wanted, found, any_unusable);
    if (found.outcomes.empty() && wanted.as == format::text)
        return status;
    return print(wanted, formatted(wanted, found, look), status);
}

int run(const arguments& wanted) {
    const style look = style_for(wanted);
    if (wanted.list)
        return print(wanted, list_of_capabilities(look), fine);
    if (wanted.explain.has_value())
        return print(wanted, explanation_of(*wanted.explain, look), fine);
    if (wanted.output.has_value())
        if (const auto wrong = check_writable(*wanted.output); wrong.has_value()) {
            complain(*wrong);
            return wrong_usage;
        }
    const auto chosen = choose_mode(wanted);
    if (const int* const status = std::get_if<int>(&chosen))
        return *status;
    for (;;) {
        const int status = ask_and_print(wanted, std::get<mode>(chosen), look);
        if (!wanted.every.has_value())
            return status;
        std::this_thread::sleep_for(*wanted.every);
    }
}

} // namespace

int main(int argc, char** argv) try {
    // A reader that has gone away is an error like any other of the output's.
    std::signal(SIGPIPE, SIG_IGN);
    const auto wanted = parse_arguments(argc, argv);
    if (const int* const status = std::get_if<int>(&wanted))
        return *status;
    return run(std::get<arguments>(wanted));
} catch (const std::exception& error) {
    complain(error.what());
    return could_not_tell;
}
