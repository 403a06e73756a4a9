// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "formats.hpp"
#include "plain_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

namespace ovlprobe {

namespace {

std::string_view kind_of(const ovl::capability_text& text) {
    return text.kind == ovl::capability_kind::state ? "state" : "capability";
}

} // namespace

std::string list_of_capabilities(const style& look) {
    std::size_t width = 0;
    for (const ovl::capability_text& text : ovl::capability_texts())
        width = std::max(width, text.key.size());
    std::string list;
    for (const ovl::capability_text& text : ovl::capability_texts())
        list += fmt::format("{:{}}  {:10}  {}\n", text.key, width, kind_of(text),
                            wrapped(text.question, width + 14, look.width));
    return list;
}

std::string explanation_of(ovl::capability which, const style& look) {
    const ovl::capability_text text = ovl::describe(which);
    const std::string function = text.function.empty()
                                     ? "Answered by ovlprobe alone.\n"
                                     : fmt::format("In C++: ovl::{}(directory)\n", text.function);
    const auto paragraph = [&](std::string_view title, std::string_view body) {
        return wrapped(fmt::format("{}{}", title, body), 0, look.width) + "\n\n";
    };
    return fmt::format("{} ({}): {}\n\n", text.key, kind_of(text), text.question) +
           paragraph("", text.explanation) + paragraph("Trade-off: ", text.trade_off) +
           paragraph("Sources: ", text.sources) + function;
}

} // namespace ovlprobe
