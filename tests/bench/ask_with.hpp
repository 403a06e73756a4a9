// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "ask.hpp"
#include "pair_by_hand.hpp"

#include <ovl/policies.hpp>
#include <ovl/report/survey.hpp>

namespace ovl_bench {

template <ovl::policies P>
bool ask_pair(const std::string& directory) {
    const auto found = ovl::run<P, ovl::native_diff, ovl::metacopy_active>(directory);
    return found[0] != ovl::answer::unknown && found[1] != ovl::answer::unknown;
}

template <ovl::policies P>
bool ask_pair_by_hand(const std::string& directory) {
    using X = typename P::xattr_class;
    return pair_by_hand(directory.c_str(), ovl::overlay_xattr<X, "opaque">,
                        ovl::overlay_xattr<X, "metacopy">, X::userxattr ? 1 : 0) == 0;
}

template <ovl::policies P>
bool ask_everything(const std::string& directory) {
    const ovl::report found = ovl::survey<P>(directory);
    return found.verdicts.front() != ovl::answer::unknown;
}

template <ovl::policies P>
std::vector<std::string> probe_keys() {
    std::vector<std::string> keys;
    for (const ovl::question<P>& each : ovl::all_questions<P>())
        keys.emplace_back(ovl::describe(each.asks).key);
    return keys;
}

template <ovl::policies P>
bool ask_single(const std::string& directory, std::size_t which) {
    static const std::vector<ovl::question<P>> questions = ovl::all_questions<P>();
    ovl::verdict found{};
    ovl::run<P>(directory, std::span{&questions[which], 1}, std::span{&found, 1});
    return found != ovl::answer::unknown;
}

template <ovl::policies P>
inline constexpr asker asker_with{ask_pair<P>, ask_pair_by_hand<P>, ask_everything<P>,
                                  probe_keys<P>, ask_single<P>};

} // namespace ovl_bench
