// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <linux/fs.h>

namespace ovl {

namespace detail {

/// Renames the file `a` to `b` with a flag; `b` is made before as `target`, where that is not 0.
/// Where the flag is refused, plain rename is the control. `shows` looks at what there is then.
template <policies P, class Shows>
[[nodiscard]] verdict examine_rename(const scratch_view<P>& view, unsigned flag,
                                     std::string_view flag_name, mode_t target, Shows shows,
                                     reason offered, reason missing) {
    const auto& fs = view.set().fs;
    auto made = fs.write_file(view.fd(), "a", 0600, "");
    if (made.has_value() && target != 0)
        made = fs.make_directory(view.fd(), "b", 0700);
    if (!made.has_value())
        return view.could_not(std::move(made.error()).at(step::build_layers).on("a"));
    if (auto renamed = fs.rename(view.fd(), "a", "b", flag); !renamed.has_value()) {
        failure what = std::move(renamed.error()).at(step::act).on(flag_name);
        const bool unknown_here =
            says_unsupported(what.error_number) && fs.rename(view.fd(), "a", "c", 0).has_value();
        return unknown_here ? view.no(missing, std::move(what)) : view.could_not(std::move(what));
    }
    auto a = fs.status(view.fd(), "a");
    auto b = fs.status(view.fd(), "b");
    for (auto* const looked_up : {&a, &b})
        if (!looked_up->has_value())
            return not_there(view, std::move(looked_up->error()).on(flag_name), missing);
    return shows(a.value(), b.value())
               ? view.yes(offered)
               : view.no(missing, observed("fstatat", std::string{flag_name} + " had no effect"));
}

} // namespace detail

/// Renames a file so that a whiteout takes its place.
struct rename_whiteout {
    static constexpr capability asks = capability::rename_whiteout;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        const auto shows = [](const struct stat& a, const struct stat& b) {
            return S_ISCHR(a.st_mode) && a.st_rdev == 0 && S_ISREG(b.st_mode);
        };
        return detail::examine_rename(view, RENAME_WHITEOUT, "RENAME_WHITEOUT", 0, shows,
                                      reason::rename_whiteout_offered,
                                      reason::rename_whiteout_missing);
    }
};

/// Exchanges a file and a directory.
struct rename_exchange {
    static constexpr capability asks = capability::rename_exchange;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        const auto shows = [](const struct stat& a, const struct stat& b) {
            return S_ISDIR(a.st_mode) && S_ISREG(b.st_mode);
        };
        return detail::examine_rename(view, RENAME_EXCHANGE, "RENAME_EXCHANGE", S_IFDIR, shows,
                                      reason::rename_exchange_offered,
                                      reason::rename_exchange_missing);
    }
};

/// Whether the filesystem of `where` offers RENAME_WHITEOUT. Needs write permission in `where`, and
/// before Linux 5.8 CAP_MKNOD.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_rename_whiteout(const directory& where,
                                                   const mount_options& extra = {},
                                                   const P& set = {}) {
    return run<P, rename_whiteout>(where, extra, set).front();
}

/// Whether the filesystem of `where` offers RENAME_EXCHANGE. Needs write permission in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_rename_exchange(const directory& where,
                                                   const mount_options& extra = {},
                                                   const P& set = {}) {
    return run<P, rename_exchange>(where, extra, set).front();
}

} // namespace ovl
