// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/kernel_calls.hpp>
#include <ovl/detail/mount_identity.hpp>
#include <ovl/detail/mountinfo.hpp>
#include <ovl/detail/read_text.hpp>
#include <ovl/mount/option_string.hpp>
#include <ovl/mount/owned_mount.hpp>
#include <ovl/mount/private_namespace.hpp>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <sys/statvfs.h>

namespace ovl {

/// Where the options in force were read.
enum class option_source : std::uint8_t {
    /// statmount(2) with its array of options (Linux 6.13).
    statmount,
    /// /proc/self/mountinfo.
    mountinfo,
    /// What the mount left in its workdir: of the options only is_volatile and index are known.
    artefacts,
};

/// The options that a mount is found to have. What the kernel does not show because it is its
/// default is unset.
struct effective_options {
    mount_options options{};
    option_source source = option_source::artefacts;
};

namespace detail {

/// Reads the options out of what statmount(2) wrote; none where it wrote no array of them.
[[nodiscard]] inline std::optional<mount_options> read_statmount_reply(std::string_view reply,
                                                                       option_parser parser) {
    const auto number_at = [&](std::size_t where, auto number) {
        if (where + sizeof number <= reply.size())
            std::memcpy(&number, reply.data() + where, sizeof number);
        return number;
    };
    const auto mask = number_at(offsetof(statmount_head, mask), std::uint64_t{0});
    if ((mask & statmount_opt_array) == 0)
        return std::nullopt;
    const std::size_t begin =
        statmount_strings_at + number_at(statmount_opt_array_at, std::uint32_t{0});
    std::string_view options = reply.substr(std::min(begin, reply.size()));
    for (auto left = number_at(statmount_opt_num_at, std::uint32_t{0}); left != 0; --left) {
        const std::size_t end = options.find('\0');
        if (end == std::string_view::npos || !parser.take(options.substr(0, end)).has_value())
            return std::nullopt;
        options.remove_prefix(end + 1);
    }
    return std::move(parser.options());
}

/// Reads the options of an attached mount with statmount(2).
[[nodiscard]] inline std::optional<mount_options> read_by_statmount(int root,
                                                                    option_parser parser) {
    const auto id = mount_id(root, "", statx_unique_mount_id);
    if (!id.has_value())
        return std::nullopt;
    const mnt_id_request request{
        .size = sizeof(mnt_id_request), .spare = 0, .mnt_id = *id, .param = statmount_opt_array};
    std::string reply(16384, '\0');
    while (statmount(request, reply.data(), reply.size()) != 0) {
        if (errno != EOVERFLOW || reply.size() > (std::size_t{4} << 20))
            return std::nullopt;
        reply.resize(reply.size() * 4);
    }
    return read_statmount_reply(reply, std::move(parser));
}

/// Reads the options of an attached mount from /proc/self/mountinfo.
[[nodiscard]] inline std::optional<mount_options> read_by_mountinfo(int root,
                                                                    option_parser parser) {
    const auto id = mount_id(root);
    const auto text = read_text("/proc/thread-self/mountinfo");
    std::optional<mount_options> found;
    if (!id.has_value() || !text.has_value())
        return found;
    for_each_mount(text.value(), [&](const mountinfo_line& line) {
        if (line.id != *id)
            return true;
        if (auto parsed = parser.parse(line.super_options); parsed.has_value())
            found = std::move(parsed.value());
        return false;
    });
    return found;
}

[[nodiscard]] inline std::optional<effective_options> read_attached(int root, bool plain_upperdir,
                                                                    bool plain_workdir) {
    const auto parser = [&](option_form form) {
        option_parser made{form};
        made.plain_upperdir = plain_upperdir;
        made.plain_workdir = plain_workdir;
        return made;
    };
    if (auto read = read_by_statmount(root, parser(option_form::mount)))
        return effective_options{std::move(*read), option_source::statmount};
    if (auto read = read_by_mountinfo(root, parser(option_form::mountinfo)))
        return effective_options{std::move(*read), option_source::mountinfo};
    return std::nullopt;
}

/// A detached mount is in no table. A copy of it (Linux 6.15) is put into a private mount
/// namespace for as long as that takes to read.
[[nodiscard]] inline std::optional<effective_options> read_detached(int root, bool plain_upperdir,
                                                                    bool plain_workdir) {
    std::optional<effective_options> found;
    const auto ran = in_private_mount_namespace([&] {
        const unique_fd copy{
            open_tree(root, "", open_tree_clone | open_tree_cloexec | at_empty_path)};
        if (copy && move_mount(copy.get(), "", AT_FDCWD, "/", move_mount_from_empty_path) == 0)
            found = read_attached(copy.get(), plain_upperdir, plain_workdir);
    });
    return ran.has_value() ? found : std::nullopt;
}

/// What the workdir tells: overlayfs makes `index` beside `work` for one option and `incompat` in
/// it for the other.
[[nodiscard]] inline effective_options read_artefacts(const mount_options& requested) {
    effective_options found;
    if (!requested.workdir.has_value())
        return found;
    const layer work = requested.workdir->view();
    const std::string path{work.path.empty() ? std::string_view{"."} : work.path};
    const unique_fd opened{::openat(work.at, path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const auto exists = [&](const char* name) {
        return ::faccessat(opened.get(), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    };
    if (opened) {
        found.options.is_volatile = exists("work/incompat/volatile");
        found.options.index = exists("index") ? toggle::on : toggle::off;
    }
    return found;
}

/// The attributes that hold, those of the filesystem and of the mount together: statvfs(3).
[[nodiscard]] inline mount_attributes read_attributes(int root) noexcept {
    struct statvfs found {};
    mount_attributes attributes;
    if (::fstatvfs(root, &found) != 0)
        return attributes;
    constexpr unsigned long nosymfollow = 0x2000;
    const auto has = [&](unsigned long flag) { return (found.f_flag & flag) != 0; };
    attributes.read_only = has(ST_RDONLY);
    attributes.nosuid = has(ST_NOSUID);
    attributes.nodev = has(ST_NODEV);
    attributes.noexec = has(ST_NOEXEC);
    attributes.nosymfollow = has(nosymfollow);
    attributes.nodiratime = has(ST_NODIRATIME);
    attributes.atime = has(ST_NOATIME)    ? atime_mode::noatime
                       : has(ST_RELATIME) ? atime_mode::relatime
                                          : atime_mode::strictatime;
    return attributes;
}

} // namespace detail

/// Reads back what a mount has: statmount(2), else mountinfo, else, for a detached mount of which
/// no copy can be made, what it left in the workdir of `requested`. Needs no more privilege than
/// the mount did; cannot fail, but `source` says how much is known.
[[nodiscard]] inline effective_options read_effective(const owned_mount& mount,
                                                      const mount_options& requested) {
    const bool upper = mount.how().upper_by_descriptor;
    const bool work = mount.how().work_by_descriptor;
    auto read = mount.attached() ? detail::read_attached(mount.root(), upper, work)
                                 : detail::read_detached(mount.root(), upper, work);
    effective_options found = read ? std::move(*read) : detail::read_artefacts(requested);
    found.options.attributes = detail::read_attributes(mount.root());
    return found;
}

} // namespace ovl
