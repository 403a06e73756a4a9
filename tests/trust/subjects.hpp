// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/faulty_fs.hpp"

#include <ovl/core/directory.hpp>
#include <ovl/probe/verdict.hpp>

#include <array>
#include <span>
#include <string_view>
#include <vector>

/// What is tried: the library with one backend and one class of attributes. Its operations on the
/// filesystem and its mounts pass one fault, which may be absent.
namespace ovl_trust {

using verdicts = std::vector<ovl::verdict>;

struct subject {
    std::string_view backend;
    bool user_class;
    /// Answers some questions about a directory in one run.
    verdicts (*ask)(const ovl::directory& where, std::span<const ovl::capability> asked,
                    ovl_test::fault* injected);
    /// Makes a scratch directory, which sweeps what killed runs left, and removes it: one verdict,
    /// `yes` where both worked.
    verdicts (*sweep)(const ovl::directory& where, ovl_test::fault* injected);
    /// Mounts the layers `lower`, `upper` and `work` of a directory on its `merged`, reads the
    /// options back and unmounts: one verdict, `yes` where all worked.
    verdicts (*mount)(const ovl::directory& where, ovl_test::fault* injected);
};

extern const std::array<subject, 2> by_fsopen;
extern const std::array<subject, 2> by_classic;
extern const std::array<subject, 2> by_libmount;
extern const std::array<subject, 2> by_fallback;

} // namespace ovl_trust
