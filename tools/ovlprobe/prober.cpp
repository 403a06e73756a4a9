// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "prober.hpp"

#include "ask.hpp"
#include "fuse_overlayfs.hpp"
#include "wire.hpp"

#include <ovl/environment/enter_user_namespace.hpp>

#include <cerrno>
#include <optional>
#include <range/v3/algorithm/contains.hpp>
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

/// What rules it out to start fuse-overlayfs on this filesystem, as it does every probe.
std::optional<ovl::reason> ruled_out(const arguments& wanted, const ovl::report& about) {
    if (!about.filesystem.has_value())
        return ovl::reason::directory_not_opened;
    if (about.filesystem->kind == ovl::filesystem_class::dangerous && !wanted.force)
        return ovl::reason::dangerous_filesystem;
    if (wanted.no_mount)
        return ovl::reason::mounting_ruled_out;
    return std::nullopt;
}

/// The question that is ovlprobe's alone. The time it takes is not the kernel's, nor the report's.
void ask_about_fuse_overlayfs(const ovl::directory& about, const arguments& wanted, int channel,
                              ovl::report& report) {
    constexpr auto which = ovl::capability::fuse_overlayfs;
    if (!ranges::contains(wanted.asked, which))
        return;
    const auto because = ruled_out(wanted, report);
    report.verdicts.push_back(because.has_value() ? ovl::give(which, ovl::answer::unknown, *because)
                                                  : try_fuse_overlayfs(about));
    wire::send(channel, wire::answered{report.verdicts.back()});
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
    done.report = as.rootless ? ask_as_rootless(about, wanted, channel)
                              : ask_as_rootful(about, wanted, channel);
    ask_about_fuse_overlayfs(about, wanted, channel, done.report);
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
