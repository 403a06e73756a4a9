// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/layer_source.hpp>
#include <ovl/mount/mount_attributes.hpp>
#include <ovl/policy/mount_backend.hpp>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ovl {

enum class toggle : std::uint8_t { off, on };
enum class redirect_dir_mode : std::uint8_t { off, on, follow, nofollow };
enum class xino_mode : std::uint8_t { off, on, automatic };
enum class uuid_mode : std::uint8_t { off, on, null, automatic };
enum class verity_mode : std::uint8_t { off, on, require };
enum class fsync_mode : std::uint8_t { automatic, strict };

[[nodiscard]] constexpr const char* spelling(toggle t) noexcept {
    return t == toggle::on ? "on" : "off";
}
[[nodiscard]] constexpr const char* spelling(redirect_dir_mode m) noexcept {
    constexpr const char* names[] = {"off", "on", "follow", "nofollow"};
    return names[static_cast<unsigned>(m)];
}
[[nodiscard]] constexpr const char* spelling(xino_mode m) noexcept {
    constexpr const char* names[] = {"off", "on", "auto"};
    return names[static_cast<unsigned>(m)];
}
[[nodiscard]] constexpr const char* spelling(uuid_mode m) noexcept {
    constexpr const char* names[] = {"off", "on", "null", "auto"};
    return names[static_cast<unsigned>(m)];
}
[[nodiscard]] constexpr const char* spelling(verity_mode m) noexcept {
    constexpr const char* names[] = {"off", "on", "require"};
    return names[static_cast<unsigned>(m)];
}
[[nodiscard]] constexpr const char* spelling(fsync_mode m) noexcept {
    return m == fsync_mode::strict ? "strict" : "auto";
}

/// The options of an overlay mount, typed. What is left unset is left to the kernel's default
/// (Kconfig and module parameters). Documentation/filesystems/overlayfs.rst. Which of them fight
/// each other is told by check_options; they are read and written as text by
/// <ovl/mount/option_string.hpp>. Its functions are templates, so that they cost only those who call
/// them, and not everybody who includes a probe. Where options are handed to a probe it chooses the layers itself.
struct mount_options {
    /// The lower layers, the topmost first.
    std::vector<layer_source> lowerdir{};
    /// Data-only lower layers, below all others (Linux 6.5).
    std::vector<layer_source> datadir{};
    /// Both or neither, on the same mount.
    std::optional<layer_source> upperdir{};
    std::optional<layer_source> workdir{};
    std::optional<redirect_dir_mode> redirect_dir{};
    std::optional<toggle> index{};
    std::optional<toggle> nfs_export{};
    std::optional<xino_mode> xino{};
    std::optional<toggle> metacopy{};
    std::optional<uuid_mode> uuid{};
    std::optional<verity_mode> verity{};
    /// Linux 7.0, and stable kernels since 6.12.80; for `fsync=volatile` see is_volatile.
    std::optional<fsync_mode> fsync{};
    std::optional<toggle> override_creds{};
    /// Neither fsync nor unmounting reaches the disk. Spelled `volatile`, which every kernel since
    /// 5.10 takes, also those that show it as `fsync=volatile`.
    bool is_volatile = false;
    bool userxattr = false;
    bool default_permissions = false;
    /// Options that have no member here, by name and value; a flag has no value. SELinux's
    /// `context` and its kin go here.
    std::vector<std::pair<std::string, std::optional<std::string>>> others{};
    mount_attributes attributes{};

    friend bool operator==(const mount_options&, const mount_options&) = default;

    /// These options with those of `stronger` laid over them. The attributes stay these.
    template <class Options = mount_options>
    [[nodiscard]] mount_options overlaid_with(const Options& stronger) const {
        mount_options sum = *this;
        const auto lay = [](auto& under, const auto& over) {
            if (over.has_value())
                under = over;
        };
        if (!stronger.lowerdir.empty())
            sum.lowerdir = stronger.lowerdir;
        if (!stronger.datadir.empty())
            sum.datadir = stronger.datadir;
        lay(sum.upperdir, stronger.upperdir);
        lay(sum.workdir, stronger.workdir);
        lay(sum.redirect_dir, stronger.redirect_dir);
        lay(sum.index, stronger.index);
        lay(sum.nfs_export, stronger.nfs_export);
        lay(sum.xino, stronger.xino);
        lay(sum.metacopy, stronger.metacopy);
        lay(sum.uuid, stronger.uuid);
        lay(sum.verity, stronger.verity);
        lay(sum.fsync, stronger.fsync);
        lay(sum.override_creds, stronger.override_creds);
        sum.is_volatile |= stronger.is_volatile;
        sum.userxattr |= stronger.userxattr;
        sum.default_permissions |= stronger.default_permissions;
        sum.others.insert(sum.others.end(), stronger.others.begin(), stronger.others.end());
        return sum;
    }

    /// The options but for the layers, in the kernel's spelling. Refers to `others`, so it must not
    /// outlive this.
    template <std::same_as<mount_parameter> Parameter = mount_parameter>
    [[nodiscard]] std::vector<Parameter> parameters() const {
        std::vector<Parameter> list;
        list.reserve(12 + others.size());
        const auto add = [&](const char* name, const auto& value) {
            if (value.has_value())
                list.push_back({name, spelling(*value)});
        };
        if (userxattr)
            list.push_back({"userxattr", nullptr});
        if (is_volatile)
            list.push_back({"volatile", nullptr});
        add("redirect_dir", redirect_dir);
        add("index", index);
        add("nfs_export", nfs_export);
        add("xino", xino);
        add("metacopy", metacopy);
        add("uuid", uuid);
        add("verity", verity);
        add("fsync", fsync);
        if (override_creds.has_value())
            list.push_back(
                {*override_creds == toggle::on ? "override_creds" : "nooverride_creds", nullptr});
        if (default_permissions)
            list.push_back({"default_permissions", nullptr});
        for (const auto& [name, value] : others)
            list.push_back({name.c_str(), value.has_value() ? value->c_str() : nullptr});
        return list;
    }
};

} // namespace ovl
