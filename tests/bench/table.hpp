// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace ovl_bench {

/// A median with its quartiles.
struct spread {
    double median = 0;
    double low = 0;
    double high = 0;
};

/// `values` must hold something.
[[nodiscard]] spread spread_of(std::vector<double> values);

/// One line of the table.
struct row {
    std::string name;
    /// What to reach, and what must not be passed.
    std::optional<double> target{};
    std::optional<double> guard{};
    std::optional<spread> measured{};
    std::string unit{};
    /// Why it was not measured.
    std::string skipped{};
};

class table {
  public:
    void add(row made);
    /// The ratio of two samples of one measurement, taken in turn; skipped by name where one of them is missing.
    void add_ratio(const std::string& name, const nlohmann::json& measurement,
                   const std::string& above, const std::string& below, std::optional<double> target,
                   std::optional<double> guard);

    [[nodiscard]] const std::vector<row>& rows() const noexcept { return rows_; }

    void print() const;
    [[nodiscard]] nlohmann::json to_json() const;
    [[nodiscard]] bool keeps_guards() const;

  private:
    std::vector<row> rows_{};
};

} // namespace ovl_bench
