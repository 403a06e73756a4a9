// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/result.hpp>
#include <ovl/mount/mount_options.hpp>

#include <array>
#include <cstdint>
#include <range/v3/algorithm/contains.hpp>
#include <range/v3/algorithm/find.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace ovl {

/// Where an option string stands; the escapes differ.
enum class option_form : std::uint8_t {
    /// After `mount -o` and in mount(2): a backslash before `,`, `\` and, in lowerdir, `:`. A value
    /// that is not a path may stand in double quotes.
    mount,
    /// The fourth field of fstab(5): the same, and on top of it octal escapes for blanks.
    fstab,
    /// The last field of /proc/self/mountinfo: octal escapes over what the kernel was given.
    mountinfo,
};

namespace detail {

[[nodiscard]] inline tl::unexpected<failure> bad_option(std::string subject, std::string rule) {
    return fail({.where = step::check_options,
                 .call = "parse_mount_options",
                 .error_number = EINVAL,
                 .subject = std::move(subject),
                 .explanation = std::move(rule)});
}

/// A value of an option that has a fixed set of them.
template <class Value>
struct named_value {
    std::string_view name;
    Value value;
};

template <class Value>
inline constexpr std::array<named_value<Value>, 0> values_of{};
template <>
inline constexpr std::array values_of<toggle>{named_value<toggle>{"on", toggle::on},
                                              named_value<toggle>{"off", toggle::off}};
template <>
inline constexpr std::array values_of<redirect_dir_mode>{
    named_value<redirect_dir_mode>{"on", redirect_dir_mode::on},
    named_value<redirect_dir_mode>{"off", redirect_dir_mode::off},
    named_value<redirect_dir_mode>{"follow", redirect_dir_mode::follow},
    named_value<redirect_dir_mode>{"nofollow", redirect_dir_mode::nofollow}};
template <>
inline constexpr std::array values_of<xino_mode>{
    named_value<xino_mode>{"on", xino_mode::on}, named_value<xino_mode>{"off", xino_mode::off},
    named_value<xino_mode>{"auto", xino_mode::automatic}};
template <>
inline constexpr std::array values_of<uuid_mode>{
    named_value<uuid_mode>{"on", uuid_mode::on}, named_value<uuid_mode>{"off", uuid_mode::off},
    named_value<uuid_mode>{"null", uuid_mode::null},
    named_value<uuid_mode>{"auto", uuid_mode::automatic}};
template <>
inline constexpr std::array values_of<verity_mode>{
    named_value<verity_mode>{"on", verity_mode::on},
    named_value<verity_mode>{"off", verity_mode::off},
    named_value<verity_mode>{"require", verity_mode::require}};
template <>
inline constexpr std::array values_of<fsync_mode>{
    named_value<fsync_mode>{"auto", fsync_mode::automatic},
    named_value<fsync_mode>{"strict", fsync_mode::strict}};

/// Sets `where` to what `value` says, or tells what would have been right.
template <class Value>
[[nodiscard]] result<void> set_named(Value& where, std::string_view name, std::string_view value) {
    constexpr const auto& known = values_of<Value>;
    const auto* const found = ranges::find(known, value, &named_value<Value>::name);
    if (found != known.end()) {
        where = found->value;
        return {};
    }
    std::string rule{name};
    rule += " takes one of:";
    for (const auto& each : known)
        rule.append(" ").append(each.name);
    return bad_option(std::string{name}.append("=").append(value), std::move(rule));
}

/// A flag of mount(8) that is an attribute of the mount.
struct attribute_flag {
    std::string_view name;
    void (*apply)(mount_attributes&);
};

inline constexpr std::array attribute_flags{
    attribute_flag{"ro", [](mount_attributes& a) { a.read_only = true; }},
    attribute_flag{"rw", [](mount_attributes& a) { a.read_only = false; }},
    attribute_flag{"nosuid", [](mount_attributes& a) { a.nosuid = true; }},
    attribute_flag{"suid", [](mount_attributes& a) { a.nosuid = false; }},
    attribute_flag{"nodev", [](mount_attributes& a) { a.nodev = true; }},
    attribute_flag{"dev", [](mount_attributes& a) { a.nodev = false; }},
    attribute_flag{"noexec", [](mount_attributes& a) { a.noexec = true; }},
    attribute_flag{"exec", [](mount_attributes& a) { a.noexec = false; }},
    attribute_flag{"nosymfollow", [](mount_attributes& a) { a.nosymfollow = true; }},
    attribute_flag{"symfollow", [](mount_attributes& a) { a.nosymfollow = false; }},
    attribute_flag{"nodiratime", [](mount_attributes& a) { a.nodiratime = true; }},
    attribute_flag{"diratime", [](mount_attributes& a) { a.nodiratime = false; }},
    attribute_flag{"noatime", [](mount_attributes& a) { a.atime = atime_mode::noatime; }},
    attribute_flag{"atime", [](mount_attributes& a) { a.atime = atime_mode::relatime; }},
    attribute_flag{"relatime", [](mount_attributes& a) { a.atime = atime_mode::relatime; }},
    attribute_flag{"strictatime", [](mount_attributes& a) { a.atime = atime_mode::strictatime; }},
};

inline constexpr std::string_view option_name_rule =
    "the name of an option has no blank, comma, quote, equals sign or backslash in it";

[[nodiscard]] inline bool is_option_name(std::string_view name) noexcept {
    constexpr std::string_view none_of{" \t\n,\"=\\\0", 8};
    return !name.empty() && name.find_first_of(none_of) == std::string_view::npos;
}

/// What mount(8) and systemd keep to themselves: it never reaches the kernel.
[[nodiscard]] inline bool is_for_user_space(std::string_view name) noexcept {
    constexpr std::string_view names[] = {"defaults", "auto",  "noauto",  "user",   "nouser",
                                          "users",    "owner", "group",   "nofail", "_netdev",
                                          "comment",  "loud",  "uhelper", "helper", "silent"};
    return name.starts_with("x-") || name.starts_with("X-") || ranges::contains(names, name);
}

/// What mount(8) writes among the options though it is an act of its own.
[[nodiscard]] inline bool is_an_act(std::string_view name) noexcept {
    constexpr std::string_view names[] = {"bind",    "rbind",    "move",       "remount",
                                          "shared",  "rshared",  "slave",      "rslave",
                                          "private", "rprivate", "unbindable", "runbindable"};
    return ranges::contains(names, name);
}

} // namespace detail

} // namespace ovl
