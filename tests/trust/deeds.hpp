// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/place.hpp"
#include "trust/subjects.hpp"

#include <string>
#include <vector>

/// What is done over and over, while something is made to fail in it.
namespace ovl_trust {

struct deed {
    std::string name;
    std::vector<ovl::capability> asked;
    enum class kind { ask, sweep, mount } what = kind::ask;

    /// Sets the stage in an empty place.
    void prepare(const place& where) const {
        if (what == kind::sweep)
            where.make_debris();
        if (what == kind::mount)
            for (const char* const each : {"lower", "upper", "work", "merged"})
                where.make(each);
    }
    [[nodiscard]] verdicts act(const subject& tried, const place& where,
                               ovl_test::fault* injected) const {
        const ovl::directory about{where.path()};
        switch (what) {
        case kind::sweep:
            return tried.sweep(about, injected);
        case kind::mount:
            return tried.mount(about, injected);
        case kind::ask:
            break;
        }
        return tried.ask(about, asked, injected);
    }
};

/// All questions that the library answers.
[[nodiscard]] inline std::vector<ovl::capability> all_capabilities() {
    std::vector<ovl::capability> all;
    for (auto i = 0U; i <= static_cast<unsigned>(ovl::capability::selinux_context); ++i)
        all.push_back(static_cast<ovl::capability>(i));
    return all;
}

/// Each question alone, all in one survey, a sweep, and a mount.
[[nodiscard]] inline std::vector<deed> all_deeds() {
    std::vector<deed> list;
    for (const ovl::capability asked : all_capabilities())
        list.push_back({std::string{ovl::describe(asked).key}, {asked}});
    list.push_back({"survey", all_capabilities()});
    list.push_back({"sweep", {}, deed::kind::sweep});
    list.push_back({"overlay_mount", {}, deed::kind::mount});
    return list;
}

} // namespace ovl_trust
