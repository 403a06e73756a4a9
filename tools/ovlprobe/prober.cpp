// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "prober.hpp"

#include "ask.hpp"
#include "fuse_overlayfs.hpp"
#include "wire.hpp"

#include <ovl/environment/backing_filesystem.hpp>
#include <ovl/environment/enter_user_namespace.hpp>
#include <ovl/policy/posix_fs.hpp>

#include <cerrno>
#include <future>
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
std::optional<ovl::reason> ruled_out(const ovl::directory& about, const arguments& wanted) {
    const auto opened = about.open();
    const auto filesystem =
        opened.has_value() ? ovl::read_backing_filesystem(ovl::posix_fs{}, opened.value().get())
                           : ovl::fail(opened.error());
    if (!filesystem.has_value())
        return ovl::reason::directory_not_opened;
    if (filesystem.value().kind == ovl::filesystem_class::dangerous && !wanted.force)
        return ovl::reason::dangerous_filesystem;
    if (wanted.no_mount)
        return ovl::reason::mounting_ruled_out;
    return std::nullopt;
}

/// The question that is ovlprobe's alone, asked beside the others: starting a program takes as long as all of them.
class fuse_overlayfs_question {
  public:
    fuse_overlayfs_question(const ovl::directory& about, const arguments& wanted) {
        if (!ranges::contains(wanted.asked, which))
            return;
        if (const auto because = ruled_out(about, wanted); because.has_value())
            found_ = std::async(std::launch::deferred, [because] {
                return ovl::give(which, ovl::answer::unknown, *because);
            });
        else
            found_ = std::async(std::launch::async, [about] { return try_fuse_overlayfs(about); });
    }

    /// Waits for the answer, if it was asked for.
    void answer(int channel, ovl::report& report) {
        if (!found_.valid())
            return;
        report.verdicts.push_back(found_.get());
        wire::send(channel, wire::answered{report.verdicts.back()});
    }

  private:
    static constexpr auto which = ovl::capability::fuse_overlayfs;

    std::future<ovl::verdict> found_{};
};

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
    fuse_overlayfs_question beside{about, wanted};
    done.report = as.rootless ? ask_as_rootless(about, wanted, channel)
                              : ask_as_rootful(about, wanted, channel);
    beside.answer(channel, done.report);
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
