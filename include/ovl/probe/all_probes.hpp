// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/probe/metacopy_active.hpp>
#include <ovl/probe/native_diff.hpp>
#include <ovl/probe/userxattr_needed.hpp>

#include <vector>

namespace ovl {

namespace detail {

template <class... Q>
struct probe_list {
    template <policies P>
    [[nodiscard]] static std::vector<question<P>> questions() {
        std::vector<question<P>> list;
        list.reserve(sizeof...(Q));
        (list.push_back(question_of<P, Q>()), ...);
        return list;
    }
};

using all_probes = probe_list<
    userxattr_needed,
    native_diff,
    metacopy_active>;

} // namespace detail

/// Every question there is, in the order of the capabilities.
template <policies P>
[[nodiscard]] std::vector<question<P>> all_questions() {
    return detail::all_probes::questions<P>();
}

} // namespace ovl
