// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/policies.hpp>
#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/native_diff.hpp>
#include <ovl/probe/userxattr_needed.hpp>

#include <array>

namespace {

struct without_tree {
    static constexpr ovl::capability asks = ovl::capability::native_diff;
    template <ovl::policies P>
    [[nodiscard]] static ovl::verdict observe(const ovl::merged_view<P>&);
};
struct answers_yes_or_no {
    static constexpr ovl::capability asks = ovl::capability::native_diff;
    static constexpr std::array<ovl::tree_entry, 0> tree{};
    template <ovl::policies P>
    [[nodiscard]] static bool observe(const ovl::merged_view<P>&);
};

} // namespace

static_assert(ovl::probe_of<ovl::native_diff, ovl::rootful>);
static_assert(ovl::probe_of<ovl::metacopy_active, ovl::rootless>);
static_assert(ovl::probe_of<ovl::userxattr_needed, ovl::rootless>);
static_assert(!ovl::probe_of<without_tree, ovl::rootful>);
static_assert(!ovl::probe_of<answers_yes_or_no, ovl::rootful>);
static_assert(!ovl::probe_of<ovl::rootful, ovl::native_diff>);
