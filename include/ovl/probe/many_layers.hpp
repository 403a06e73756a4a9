// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/classic_mount.hpp>
#include <ovl/mount/mount_context.hpp>
#include <ovl/policies.hpp>
#include <ovl/probe/mount_interface.hpp>
#include <ovl/probe/private_layers.hpp>
#include <ovl/probe/run.hpp>

#include <algorithm>
#include <string>
#include <unistd.h>

namespace ovl {

namespace detail {

/// Directories on a tmpfs, that are as many layers. Their names are all of one length, and relative
/// to the tmpfs, which is the working directory.
class layer_row {
  public:
    template <filesystem_operations F>
    [[nodiscard]] static result<layer_row> make(const F& fs, int tmpfs, std::size_t count,
                                                std::size_t name_length) {
        layer_row row{count, name_length};
        if (::fchdir(tmpfs) != 0)
            return fail(last_failure("fchdir").at(step::build_layers).on("tmpfs"));
        for (std::size_t i = 0; i < count; ++i)
            if (auto made = fs.make_directory(tmpfs, row.name(i).c_str(), 0755); !made.has_value())
                return fail(std::move(made.error()).at(step::build_layers).on(row.name(i)));
        if (auto made = fs.make_directory(tmpfs, (row.name(count - 1) + "/in-last").c_str(), 0755);
            !made.has_value())
            return fail(std::move(made.error()).at(step::build_layers).on("in-last"));
        return row;
    }

    [[nodiscard]] std::size_t size() const noexcept { return count_; }
    [[nodiscard]] std::string name(std::size_t i) const {
        const std::string digits = std::to_string(i);
        return std::string(name_length_ - std::min(name_length_, digits.size()), 'l') + digits;
    }
    /// The value of `lowerdir`.
    [[nodiscard]] std::string joined() const {
        std::string text;
        for (std::size_t i = 0; i < count_; ++i)
            text.append(i == 0 ? "" : ":").append(name(i));
        return text;
    }

  private:
    layer_row(std::size_t count, std::size_t name_length) noexcept
        : count_{count}, name_length_{name_length} {}

    std::size_t count_;
    std::size_t name_length_;
};

[[nodiscard]] inline verdict as_many(reason because, std::size_t count,
                                     std::optional<failure> evidence = {}) {
    verdict found = give(capability::many_layers, answer::yes, because, std::move(evidence));
    found.value = count;
    return found;
}

/// How many layers a context takes until it says that they are too many: the failure that says so,
/// with the number in `taken`; none are mounted. Zero where the kernel cannot append: it has no
/// fsopen(2), or a legacy context, which looks at nothing before the mount, or no lowerdir+.
[[nodiscard]] inline failure append_until_refused(int tmpfs, std::size_t& taken) {
    constexpr std::size_t more_than_any_kernel = 4096;
    taken = 0;
    const auto context = mount_context::open("overlay");
    if (!context.has_value())
        return context.error();
    if (set_unknown_key(context.value()).has_value())
        return {
            .where = step::mount, .call = "fsconfig", .error_number = EINVAL, .subject = "legacy"};
    // A relative path: what is named through /proc takes the kernel twice the time to find.
    if (::fchdir(tmpfs) != 0)
        return last_failure("fchdir").at(step::build_layers).on("tmpfs");
    for (; taken < more_than_any_kernel; ++taken)
        if (auto set = context.value().set_string("lowerdir+", "a"); !set.has_value())
            return std::move(set.error());
    return observed("fsconfig", "no end of layers");
}

} // namespace detail

/// Appends the same layer until the kernel says that it is too many; nothing is mounted. Where
/// layers cannot be appended, mounts as many as one page of options for mount(2) holds, with names of
/// three digits, as classic_mount gives them in /proc/self/fd; but no more than the 500 that overlayfs
/// takes (fs/overlayfs/params.h: OVL_MAX_STACK).
struct many_layers {
    static constexpr capability asks = capability::many_layers;
    static constexpr bool mounts = true;

    template <policies P>
    [[nodiscard]] static verdict consider(const P& set, private_tmpfs& apart) {
        return detail::ask_over_private_layers(
            asks, set, apart, [&](const detail::private_layers& layers) {
                std::size_t taken = 0;
                failure end = detail::append_until_refused(layers.tmpfs(), taken);
                const bool refusal = end.error_number == EINVAL || end.error_number == 0;
                if (taken > 1 && refusal)
                    return detail::as_many(reason::many_layers_appended, taken, std::move(end));
                return end.error_number == EINVAL || end.error_number == ENOSYS
                           ? fill_page(set, layers)
                           : could_not(asks, std::move(end), {});
            });
    }

  private:
    template <policies P>
    [[nodiscard]] static verdict fill_page(const P& set, const detail::private_layers& layers) {
        constexpr std::string_view key = "lowerdir=";
        constexpr std::size_t name_length = 3;
        constexpr std::size_t most_of_all = 500;
        constexpr std::size_t count =
            std::min(most_of_all, (detail::mount_data_limit - key.size() + 1) / (name_length + 1));
        const auto row = detail::layer_row::make(set.fs, layers.tmpfs(), count, name_length);
        if (!row.has_value())
            return could_not(asks, row.error(), {});
        const std::string data = std::string{key} + row.value().joined();
        if (::mount("overlay", merged_name, "overlay", 0, data.c_str()) != 0)
            return detail::refused_over(
                layers, asks, set, reason::many_layers_refused,
                last_failure("mount").at(step::mount).on(std::to_string(count) + " layers"));
        auto last = set.fs.status(layers.tmpfs(), (std::string{merged_name} + "/in-last").c_str());
        return last.has_value()
                   ? detail::as_many(reason::many_layers_in_a_page, count)
                   : could_not(asks, std::move(last.error()).at(step::observe).on("in-last"), {});
    }
};

/// As many_layers, but the layers are made and mounted, and the last one is looked into: some
/// milliseconds. It answers the same question, and is asked in the other's place.
struct many_layers_mounted {
    static constexpr capability asks = capability::many_layers;
    static constexpr bool mounts = true;

    template <policies P>
    [[nodiscard]] static verdict consider(const P& set, private_tmpfs& apart) {
        verdict taken = many_layers::consider(set, apart);
        if (taken.because != reason::many_layers_appended)
            return taken;
        return detail::ask_over_private_layers(
            asks, set, apart, [&](const detail::private_layers& layers) {
                constexpr std::size_t name_length = 5;
                const auto row =
                    detail::layer_row::make(set.fs, layers.tmpfs(), *taken.value, name_length);
                if (!row.has_value())
                    return could_not(asks, row.error(), {});
                auto root = mount_row(row.value());
                if (!root.has_value())
                    return detail::refused_over(layers, asks, set, reason::many_layers_refused,
                                                std::move(root.error()));
                auto last = set.fs.status(root.value().get(), "in-last");
                return last.has_value()
                           ? detail::as_many(reason::many_layers_mounted, row.value().size())
                           : could_not(asks,
                                       std::move(last.error()).at(step::observe).on("in-last"), {});
            });
    }

  private:
    [[nodiscard]] static result<unique_fd> mount_row(const detail::layer_row& row) {
        const auto context = mount_context::open("overlay");
        if (!context.has_value())
            return fail(context.error());
        for (std::size_t i = 0; i < row.size(); ++i)
            if (auto set = context.value().set_string("lowerdir+", row.name(i).c_str());
                !set.has_value())
                return fail(std::move(set.error()));
        if (auto created = context.value().create(); !created.has_value())
            return fail(std::move(created.error()));
        return context.value().mount();
    }
};

/// How many lower layers a mount takes: `verdict::value`. Needs CAP_SYS_ADMIN over the mount
/// namespace. `where` is not looked at: the layers are on a tmpfs.
template <policies P = default_policies>
[[nodiscard]] verdict does_support_many_layers(const directory& where,
                                               const mount_options& extra = {}, const P& set = {}) {
    return run<P, many_layers>(where, extra, set).front();
}

} // namespace ovl
