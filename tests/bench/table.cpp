// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace ovl_bench {

spread spread_of(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto at = [&](double part) {
        const double place = part * static_cast<double>(values.size() - 1);
        const auto below = static_cast<std::size_t>(place);
        const auto above = std::min(below + 1, values.size() - 1);
        return values[below] +
               (place - static_cast<double>(below)) * (values[above] - values[below]);
    };
    return {.median = at(0.5), .low = at(0.25), .high = at(0.75)};
}

void table::add(row made) {
    rows_.push_back(std::move(made));
}

void table::add_ratio(const std::string& name, const nlohmann::json& measurement,
                      const std::string& above, const std::string& below,
                      std::optional<double> target, std::optional<double> guard) {
    row made{.name = name, .target = target, .guard = guard};
    const auto samples = measurement.value("samples", nlohmann::json::object());
    const auto skipped = measurement.value("skipped", nlohmann::json::object());
    for (const std::string& each : {above, below})
        if (!samples.contains(each) && made.skipped.empty())
            made.skipped = measurement.value(
                "refused",
                each + ": " + skipped.value(each, skipped.value("peers", "not measured")));
    if (made.skipped.empty()) {
        std::vector<double> ratios;
        for (std::size_t i = 0; i < std::min(samples[above].size(), samples[below].size()); ++i)
            ratios.push_back(samples[above][i].get<double>() / samples[below][i].get<double>());
        made.measured = spread_of(std::move(ratios));
    }
    add(std::move(made));
}

namespace {

bool breaks_guard(const row& each) {
    return each.guard && each.measured && each.measured->median > *each.guard;
}

std::string bound(const std::optional<double>& most) {
    return most ? fmt::format("{:.4g}", *most) : "";
}

std::string judge(const row& each) {
    if (breaks_guard(each))
        return "BROKEN";
    if (!each.target)
        return "";
    return each.measured->median <= *each.target ? "met" : "short";
}

} // namespace

void table::print() const {
    fmt::print("{:<62} {:>9} {:>17} {:>7} {:>6}\n", "", "median", "quartiles", "target", "guard");
    for (const row& each : rows_) {
        if (!each.measured) {
            fmt::print("{:<62} skipped: {}\n", each.name, each.skipped);
            continue;
        }
        const spread& found = *each.measured;
        fmt::print("{:<62} {:>9.4g} {:>17} {:>7} {:>6}  {} {}\n", each.name, found.median,
                   fmt::format("{:.4g} - {:.4g}", found.low, found.high), bound(each.target),
                   bound(each.guard), each.unit, judge(each));
    }
}

nlohmann::json table::to_json() const {
    auto all = nlohmann::json::array();
    for (const row& each : rows_) {
        nlohmann::json one{{"name", each.name}, {"unit", each.unit}};
        if (each.measured)
            one.update({{"median", each.measured->median},
                        {"quartiles", {each.measured->low, each.measured->high}}});
        else
            one["skipped"] = each.skipped;
        if (each.target)
            one["target"] = *each.target;
        if (each.guard)
            one["guard"] = *each.guard;
        all.push_back(std::move(one));
    }
    return all;
}

bool table::keeps_guards() const {
    return std::none_of(rows_.begin(), rows_.end(), breaks_guard);
}

} // namespace ovl_bench
