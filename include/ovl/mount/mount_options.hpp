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
#include <type_traits>
#include <vector>

namespace ovl {

/// What an option is set to. The first value of each, which it has at first, leaves it unsaid, so that the kernel's
/// default stands (Kconfig and module parameters).
enum class toggle : std::uint8_t { kernel_default, off, on };
enum class redirect_dir_mode : std::uint8_t { kernel_default, off, on, follow, nofollow };
enum class xino_mode : std::uint8_t { kernel_default, off, on, automatic };
enum class uuid_mode : std::uint8_t { kernel_default, off, on, null, automatic };
enum class verity_mode : std::uint8_t { kernel_default, off, on, require };
/// Linux 7.0, and stable kernels since 6.12.80; for `fsync=volatile` see mount_options::is_volatile.
enum class fsync_mode : std::uint8_t { kernel_default, automatic, strict };

/// As the kernel spells it; a null pointer for what is left unsaid.
[[nodiscard]] constexpr const char* spelling(toggle t) noexcept {
    constexpr const char* names[] = {nullptr, "off", "on"};
    return names[static_cast<unsigned>(t)];
}
[[nodiscard]] constexpr const char* spelling(redirect_dir_mode m) noexcept {
    constexpr const char* names[] = {nullptr, "off", "on", "follow", "nofollow"};
    return names[static_cast<unsigned>(m)];
}
[[nodiscard]] constexpr const char* spelling(xino_mode m) noexcept {
    constexpr const char* names[] = {nullptr, "off", "on", "auto"};
    return names[static_cast<unsigned>(m)];
}
[[nodiscard]] constexpr const char* spelling(uuid_mode m) noexcept {
    constexpr const char* names[] = {nullptr, "off", "on", "null", "auto"};
    return names[static_cast<unsigned>(m)];
}
[[nodiscard]] constexpr const char* spelling(verity_mode m) noexcept {
    constexpr const char* names[] = {nullptr, "off", "on", "require"};
    return names[static_cast<unsigned>(m)];
}
[[nodiscard]] constexpr const char* spelling(fsync_mode m) noexcept {
    constexpr const char* names[] = {nullptr, "auto", "strict"};
    return names[static_cast<unsigned>(m)];
}

/// An option that ovl has no type for. A flag has no value.
struct other_option {
    std::string name;
    std::optional<std::string> value{};

    friend bool operator==(const other_option&, const other_option&) = default;
};

/// The options of an overlay mount, typed (Documentation/filesystems/overlayfs.rst). Which of them fight each other is
/// told by check_options; they are read and written as text by <ovl/mount/option_string.hpp>. Its functions are templates, so that they cost only those who call
/// them, and not everybody who includes a probe. Where options are handed to a probe it chooses the layers itself.
struct mount_options {
    /// The lower layers, the topmost first.
    std::vector<layer_source> lowerdir{};
    /// Data-only lower layers, below all others (Linux 6.5).
    std::vector<layer_source> datadir{};
    /// Both or neither, on the same mount.
    std::optional<layer_source> upperdir{};
    std::optional<layer_source> workdir{};
    redirect_dir_mode redirect_dir{};
    toggle index{};
    toggle nfs_export{};
    xino_mode xino{};
    toggle metacopy{};
    uuid_mode uuid{};
    verity_mode verity{};
    fsync_mode fsync{};
    toggle override_creds{};
    /// Neither fsync nor unmounting reaches the disk. Spelled `volatile`, which every kernel since
    /// 5.10 takes, also those that show it as `fsync=volatile`.
    bool is_volatile = false;
    bool userxattr = false;
    bool default_permissions = false;
    /// Options that have no member here, such as SELinux's `context`.
    std::vector<other_option> others{};
    mount_attributes attributes{};

    friend bool operator==(const mount_options&, const mount_options&) = default;

    /// These options with those of `stronger` laid over them. The attributes stay these.
    template <class Options = mount_options>
    [[nodiscard]] mount_options overlaid_with(const Options& stronger) const {
        mount_options sum = *this;
        const auto lay = [](auto& under, const auto& over) {
            if (over != std::remove_cvref_t<decltype(over)>{})
                under = over;
        };
        lay(sum.lowerdir, stronger.lowerdir);
        lay(sum.datadir, stronger.datadir);
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
        const auto add = [&](const char* name, auto value) {
            if (const char* const spelled = spelling(value))
                list.push_back({name, spelled});
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
        if (override_creds != toggle::kernel_default)
            list.push_back(
                {override_creds == toggle::on ? "override_creds" : "nooverride_creds", nullptr});
        if (default_permissions)
            list.push_back({"default_permissions", nullptr});
        for (const other_option& each : others)
            list.push_back({each.name.c_str(), each.value ? each.value->c_str() : nullptr});
        return list;
    }
};

} // namespace ovl
