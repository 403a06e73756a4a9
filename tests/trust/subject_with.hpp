// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "support/faulty_mount.hpp"
#include "support/short_reading_fs.hpp"
#include "trust/subjects.hpp"

#include <ovl/mount/overlay_mount.hpp>
#include <ovl/policies.hpp>
#include <ovl/report/survey.hpp>

#include <string>

namespace ovl_trust {

template <ovl::xattr_namespace X, ovl::mount_backend M>
struct tried {
    using fs_type = ovl_test::faulty_fs<ovl_test::short_reading_fs>;
    using policies = ovl::policy_set<X, ovl_test::faulty_mount<M>, fs_type>;

    [[nodiscard]] static policies with(ovl_test::fault* injected) {
        return {.mount = {.gate = {injected}}, .fs = {.gate = {injected}, .base = {injected}}};
    }

    [[nodiscard]] static verdicts ask(const ovl::directory& where,
                                      std::span<const ovl::capability> asked,
                                      ovl_test::fault* injected) {
        return ovl::survey<policies>(where, asked, {}, with(injected)).verdicts;
    }

    [[nodiscard]] static verdicts sweep(const ovl::directory& where, ovl_test::fault* injected) {
        const auto done = make_scratch(where, with(injected).fs);
        return {done.has_value() ? yes(ovl::capability::d_type)
                                 : ovl::could_not(ovl::capability::d_type, done.error(), {})};
    }

    [[nodiscard]] static verdicts mount(const ovl::directory& where, ovl_test::fault* injected) {
        const auto done = mount_layers(where, with(injected));
        return {done.has_value() ? yes(ovl::capability::mount)
                                 : ovl::could_not(ovl::capability::mount, done.error(), {})};
    }

    static constexpr bool is_user_class = X::userxattr;

  private:
    [[nodiscard]] static ovl::verdict yes(ovl::capability asked) {
        return ovl::give(asked, ovl::answer::yes, ovl::reason::option_works);
    }

    [[nodiscard]] static ovl::result<void> make_scratch(const ovl::directory& where,
                                                        const fs_type& fs) {
        const auto base = where.open();
        if (!base.has_value())
            return ovl::fail(base.error());
        auto made = ovl::scratch_dir<fs_type>::create(fs, base.value().get());
        return made.has_value() ? made.value().remove() : ovl::fail(made.error());
    }

    [[nodiscard]] static ovl::result<void> mount_layers(const ovl::directory& where,
                                                        const policies& set) {
        const std::string base = where.name();
        const ovl::mount_options options{.lowerdir = {base + "/lower"},
                                         .upperdir = base + "/upper",
                                         .workdir = base + "/work",
                                         .is_volatile = true};
        auto made = ovl::overlay_mount<policies>::make_at(options, base + "/merged", set);
        if (!made.has_value())
            return ovl::fail(made.error());
        static_cast<void>(made.value().effective());
        return made.value().unmount();
    }
};

template <ovl::xattr_namespace X, ovl::mount_backend M>
[[nodiscard]] subject subject_with(std::string_view backend) {
    using what = tried<X, M>;
    return {.backend = backend,
            .user_class = what::is_user_class,
            .ask = &what::ask,
            .sweep = &what::sweep,
            .mount = &what::mount};
}

template <ovl::mount_backend M>
[[nodiscard]] std::array<subject, 2> subjects_with(std::string_view backend) {
    return {subject_with<ovl::trusted_xattr, M>(backend),
            subject_with<ovl::user_xattr, M>(backend)};
}

} // namespace ovl_trust
