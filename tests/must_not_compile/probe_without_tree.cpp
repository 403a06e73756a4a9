// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
// expect: (expression '[^']*|because ')probe_of<[^']*' evaluated to .?false

#include <ovl/probe/native_diff.hpp>

struct my_probe {
    static constexpr ovl::capability asks = ovl::capability::native_diff;
#ifdef CONTROL
    static constexpr std::array<ovl::tree_entry, 0> tree{};
#endif
    template <ovl::policies P>
    [[nodiscard]] static ovl::verdict observe(const ovl::merged_view<P>& view) {
        return view.no(ovl::reason::metacopy_off);
    }
};

auto ask() {
    return ovl::run<ovl::rootful, my_probe>(".");
}
