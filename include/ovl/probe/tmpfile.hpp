// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/policies.hpp>
#include <ovl/probe/evidence.hpp>
#include <ovl/probe/run.hpp>

#include <cerrno>

namespace ovl {

/// Opens a file that has no name, as overlayfs does to copy a file up.
struct tmpfile {
    static constexpr capability asks = capability::tmpfile;
    static constexpr bool any_class = true;

    template <policies P>
    [[nodiscard]] static verdict examine(const scratch_view<P>& view) {
        const auto& fs = view.set().fs;
        auto opened = fs.make_unnamed(view.fd(), 0600);
        if (!opened.has_value()) {
            failure what = std::move(opened.error()).at(step::act).on("O_TMPFILE");
            // EISDIR: a kernel that knows O_TMPFILE as a directory opened for writing.
            const bool unknown_here =
                detail::says_unsupported(what.error_number) || what.error_number == EISDIR;
            return unknown_here ? view.no(reason::tmpfile_missing, std::move(what))
                                : view.could_not(std::move(what));
        }
        auto status = fs.status(opened.value().get(), "");
        if (!status.has_value())
            return view.could_not(std::move(status.error()).at(step::observe));
        if (S_ISREG(status.value().st_mode) && status.value().st_nlink == 0)
            return view.yes(reason::tmpfile_offered);
        return view.no(reason::tmpfile_missing,
                       detail::observed("fstatat", "the file opened with O_TMPFILE has a name"));
    }
};

/// Whether the filesystem of `where` offers O_TMPFILE. Needs write permission in `where`.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_tmpfile(const directory& where, const mount_options& extra = {},
                                           const P& set = {}) {
    return run<P, tmpfile>(where, extra, set).front();
}

} // namespace ovl
