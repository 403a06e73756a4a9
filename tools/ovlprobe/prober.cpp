// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "prober.hpp"

#include "backend.hpp"
#include "wire.hpp"

#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/report/survey.hpp>

#include <cerrno>
#include <span>
#include <utility>

namespace ovlprobe {

namespace {

/// Whether DIR is at fault, rather than the system.
bool is_usage(const ovl::failure& what) {
    switch (what.error_number) {
    case ENOENT:
    case ENOTDIR:
    case EACCES:
    case ENAMETOOLONG:
    case ELOOP:
        return true;
    default:
        return false;
    }
}

/// Passes each answer on as soon as it is there; `channel` points to the descriptor.
void pass_on(void* channel, const ovl::verdict& found) {
    wire::send(*static_cast<const int*>(channel), wire::answered{found});
}

template <ovl::policies P>
ovl::report ask(const ovl::directory& about, const arguments& wanted, int channel) {
    ovl::survey_settings settings{};
    settings.extra = wanted.extra;
    settings.force = wanted.force;
    settings.no_mount = wanted.no_mount;
    settings.listener = {.hear = &pass_on, .context = &channel};
    P set;
    set.mount.kind = wanted.backend;
    return ovl::survey<P>(about, std::span<const ovl::capability>{wanted.asked}, settings, set);
}

wire::finished probe_one(const arguments& wanted, const mode& as, std::size_t index, int channel) {
    wire::finished done{.index = index};
    const auto opened = ovl::directory{wanted.directories[index]}.open();
    if (!opened.has_value() && is_usage(opened.error())) {
        done.unusable = opened.error();
        return done;
    }
    const ovl::directory about = opened.has_value() ? ovl::directory::of(opened.value().get())
                                                    : ovl::directory{wanted.directories[index]};
    // O_PATH asks for search permission on the way only; nothing can be done in a directory that
    // may not be searched itself.
    if (const auto searched = about.open(); !searched.has_value() && is_usage(searched.error())) {
        done.unusable = searched.error();
        return done;
    }
    done.report = as.rootless ? ask<rootless_policies>(about, wanted, channel)
                              : ask<rootful_policies>(about, wanted, channel);
    return done;
}

} // namespace

void probe_directories(const arguments& wanted, const mode& as, std::size_t first, int channel) {
    wire::ready ready;
    if (as.enter)
        ready.refused = ovl::enter_user_namespace();
    if (auto facts = ovl::read_user_namespace_facts(); facts.has_value())
        ready.user_namespace = std::move(facts.value());
    bool heard = wire::send(channel, ready) && !ready.refused.has_value();
    for (std::size_t i = first; heard && i != wanted.directories.size(); ++i)
        heard = wire::send(channel, wire::began{i}) &&
                wire::send(channel, probe_one(wanted, as, i, channel));
}

} // namespace ovlprobe
