// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/namespace_cause.hpp>
#include <ovl/probe/capability_text.hpp>
#include <ovl/probe/reason_text.hpp>

#include <cstddef>

namespace {

/// Whether each text stands at the index of its enumerator, by which it is found.
template <class Table, class Member>
constexpr bool is_in_order(const Table& table, Member member) {
    for (std::size_t i = 0; i < table.size(); ++i)
        if (static_cast<std::size_t>(table[i].*member) != i)
            return false;
    return true;
}

} // namespace

static_assert(is_in_order(ovl::capability_texts(), &ovl::capability_text::which));
static_assert(is_in_order(ovl::reason_texts(), &ovl::reason_text::code));
static_assert(is_in_order(ovl::namespace_cause_texts(), &ovl::namespace_cause_text::cause));
static_assert(ovl::namespace_cause_texts().back().cause == ovl::namespace_cause::unknown);
