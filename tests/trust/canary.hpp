// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "trust/place.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <map>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace ovl_trust {

/// Files and directories that nobody has any business with. What happens to one is heard, by inotify(7), and whether
/// they are as they were is looked at: kinds, owners, modes, sizes, times, contents and names.
class canary {
  public:
    /// Everything in `top` and `top` itself, as they are now. `moved`: somebody may move it as a whole, and open it
    /// to see what it is; reading it is heard all the same.
    explicit canary(std::string top, bool moved) : top_{std::move(top)}, moved_{moved} {
        inotify_.reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
        must(static_cast<bool>(inotify_), "inotify");
        before_ = look();
        for (const auto& [path, state] : before_)
            watch(path);
    }

    /// What has happened to it since it was last asked; empty where nothing has.
    [[nodiscard]] std::vector<std::string> touched() {
        std::vector<std::string> found;
        alignas(inotify_event) char buffer[8192];
        for (ssize_t got = 0; (got = ::read(inotify_.get(), buffer, sizeof buffer)) > 0;)
            for (ssize_t at = 0; at < got;) {
                const auto* const event = reinterpret_cast<const inotify_event*>(buffer + at);
                found.push_back(watched_[event->wd] +
                                (event->len != 0 ? std::string{"/"} + event->name : "") + ": " +
                                told(event->mask));
                at += static_cast<ssize_t>(sizeof *event + event->len);
            }
        for (const auto& [path, state] : look())
            if (before_[path] != state)
                found.push_back(path + " is not as it was");
        return found;
    }

  private:
    using states = std::map<std::string, std::string>;

    void watch(const std::string& path) {
        const std::uint32_t openings = moved_ ? 0U : static_cast<std::uint32_t>(IN_OPEN | IN_CLOSE);
        const int wd =
            ::inotify_add_watch(inotify_.get(), path.c_str(),
                                IN_ACCESS | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE |
                                    IN_MOVE | IN_DELETE_SELF | IN_DONT_FOLLOW | openings);
        must(wd >= 0, "inotify_add_watch " + path);
        watched_[wd] = path;
    }

    [[nodiscard]] static std::string told(std::uint32_t mask) {
        constexpr std::array<std::pair<std::uint32_t, const char*>, 9> names{
            {{IN_ACCESS, "read"},
             {IN_MODIFY, "written"},
             {IN_ATTRIB, "attributes changed"},
             {IN_CREATE, "created in"},
             {IN_DELETE, "removed from"},
             {IN_DELETE_SELF, "removed"},
             {IN_MOVE, "moved"},
             {IN_OPEN, "opened"},
             {IN_CLOSE, "closed"}}};
        std::string text;
        for (const auto& [bit, name] : names)
            if ((mask & bit) != 0)
                text.append(text.empty() ? "" : ", ").append(name);
        return text.empty() ? "events were lost" : text;
    }

    /// The state of everything in it, by path. Looking is not reading: it is by stat(2) and by names.
    [[nodiscard]] states look() const {
        states found;
        look_at(top_, found);
        return found;
    }

    void look_at(const std::string& path, states& found) const {
        struct stat seen {};
        if (::lstat(path.c_str(), &seen) != 0) {
            found[path] = "gone";
            return;
        }
        std::string& state = found[path];
        for (const auto part :
             {static_cast<std::uint64_t>(seen.st_mode), static_cast<std::uint64_t>(seen.st_uid),
              static_cast<std::uint64_t>(seen.st_size),
              static_cast<std::uint64_t>(seen.st_mtim.tv_sec),
              static_cast<std::uint64_t>(seen.st_mtim.tv_nsec)})
            state.append(std::to_string(part)).append(" ");
        if (!S_ISDIR(seen.st_mode))
            return;
        if (before_.empty())
            for (const std::string& name : names_in(path))
                look_at(path + "/" + name, found);
        else
            for (const auto& [below, was] : before_)
                if (below.size() > path.size() && below.starts_with(path + "/") &&
                    below.find('/', path.size() + 1) == std::string::npos)
                    look_at(below, found);
    }

    std::string top_;
    bool moved_;
    ovl::unique_fd inotify_;
    std::map<int, std::string> watched_;
    states before_;
};

} // namespace ovl_trust
