// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policy/policy_set.hpp>
#include <ovl/probe/verdict.hpp>

#include <optional>
#include <string_view>
#include <utility>

namespace ovl {

/// What every probe sees, whatever it is given to work with: the policies, what is known of the place, and the ways
/// to answer.
template <policies P>
class asked_view {
  public:
    [[nodiscard]] const P& set() const noexcept { return set_; }
    [[nodiscard]] const backing_filesystem& filesystem() const noexcept { return filesystem_; }
    /// The probe's own name, which its entries' names begin with.
    [[nodiscard]] std::string_view home() const noexcept { return describe(asked_).key; }

    [[nodiscard]] verdict yes(reason because, std::optional<failure> evidence = {}) const {
        return give(asked_, answer::yes, because, std::move(evidence));
    }
    [[nodiscard]] verdict no(reason because, std::optional<failure> evidence = {}) const {
        return give(asked_, answer::no, because, std::move(evidence));
    }
    /// The verdict where a step failed on the way.
    [[nodiscard]] verdict could_not(failure what) const {
        return ovl::could_not(asked_, std::move(what), filesystem_);
    }

  protected:
    asked_view(const P& set, capability asked, const backing_filesystem& filesystem) noexcept
        : set_{set}, asked_{asked}, filesystem_{filesystem} {}

    const P& set_;
    capability asked_;
    const backing_filesystem& filesystem_;
};

} // namespace ovl
