// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/report/report.hpp>

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Surveys through every backend with either attribute class, for the programs that load, attack and litter.
namespace ovl_trust {

struct asker {
    std::string_view backend;
    bool user_class;
    /// Answers every question, or those that are named, for a runtime with `redirect_dir=on` or without.
    ovl::report (*survey)(const ovl::directory& where, std::span<const ovl::capability> asked,
                          bool redirecting);
};

/// With the trusted class, and with the user class.
using askers = std::array<asker, 2>;
extern const askers ask_by_fsopen;
extern const askers ask_by_classic;
extern const askers ask_by_libmount;
extern const askers ask_by_best;

/// All of them with the class that fits a process inside a user namespace, or outside of one.
[[nodiscard]] std::vector<asker> every_asker(bool user_class);

/// What an answer is, without the evidence: `native-diff yes upper-is-the-diff`, with the number where there is one.
[[nodiscard]] std::string answer_of(const ovl::verdict& found);

/// The answers that are neither as they were in `alone` nor, where `or_unknown`, unknown; of verdicts on the same
/// questions in the same order.
[[nodiscard]] std::vector<std::string> wrong_answers(const ovl::report& found,
                                                     const ovl::report& alone, bool or_unknown);

} // namespace ovl_trust
