// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "picture.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ovl_bench {

namespace {

constexpr double names_end = 260;
constexpr double decade = 100;
constexpr double decades = 5;
constexpr double line = 22;
constexpr double least = 100; // microseconds, at the axis

double length_of(double microseconds) {
    return decade * std::clamp(std::log10(microseconds / least), 0.02, decades);
}

std::string in_words(double microseconds) {
    return microseconds < 1000 ? fmt::format("{:.0f} µs", microseconds)
                               : fmt::format("{:.3g} ms", microseconds / 1000);
}

std::string draw_bar(const bar& each, double y) {
    const double length = length_of(each.microseconds);
    return fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>\n"
                       "<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"14\" fill=\"{}\"/>\n"
                       "<text x=\"{:.1f}\" y=\"{}\">{}</text>\n",
                       names_end - 8, y + 12, each.name, names_end, y, length,
                       each.ours ? "#2f7fd0" : "#a0a7b0", names_end + length + 6, y + 12,
                       in_words(each.microseconds));
}

} // namespace

std::string draw(const std::vector<group>& groups) {
    std::string drawn;
    double y = 8;
    for (const group& each : groups) {
        drawn += fmt::format("<text x=\"8\" y=\"{}\" font-weight=\"bold\">{}</text>\n", y + 14,
                             each.title);
        y += line + 2;
        for (const bar& one : each.bars) {
            drawn += draw_bar(one, y);
            y += line;
        }
        y += line / 2;
    }
    const double width = names_end + decade * decades + 80;
    return fmt::format("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
                       "viewBox=\"0 0 {0} {1}\" font-family=\"sans-serif\" font-size=\"13\">\n"
                       "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{2}"
                       "<text x=\"{3}\" y=\"{4}\" fill=\"#606870\">time of one call, logarithmic"
                       "</text>\n</svg>\n",
                       width, y + 16, drawn, names_end, y + 6);
}

} // namespace ovl_bench
