// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/detail/mount_identity.hpp>
#include <ovl/detail/read_text.hpp>
#include <ovl/mount/context_layers.hpp>
#include <ovl/mount/mount_context.hpp>
#include <ovl/mount/mount_options.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <utility>
#include <vector>

namespace ovl::detail {

/// Finds out, after a mount was refused, what it was refused for: the kernel says that in its own
/// log alone. Each check looks at the layers as they are now; nothing is changed.
class diagnosis {
  public:
    diagnosis(const mount_options& options, failure refusal)
        : options_{options}, refusal_{std::move(refusal)} {}

    /// The refusal, with the culprit as its subject and the rule as its explanation where they are
    /// found; as it was where they are not.
    [[nodiscard]] failure explain() && {
        if (!refusal_.explanation.empty())
            return std::move(refusal_);
        if (refusal_.kernel_message.starts_with("Unknown parameter"))
            refusal_.explanation = "this kernel has no such option";
        else if (open_layers())
            static_cast<void>(bad_upper() || bad_work() || overlapping() || stacked() ||
                              bad_option() || by_errno());
        return std::move(refusal_);
    }

  private:
    struct place {
        const char* role;
        const layer_source* source;
        unique_fd fd;
        struct stat status {};

        [[nodiscard]] std::string name() const { return name_of(source->view()); }
        [[nodiscard]] bool is(const struct stat& other) const noexcept {
            return status.st_dev == other.st_dev && status.st_ino == other.st_ino;
        }
    };

    bool blame(std::string subject, std::string_view rule) {
        refusal_.subject = std::move(subject);
        refusal_.explanation = rule;
        return true;
    }
    bool blame(const place& who, std::string_view rule) {
        return blame(std::string{who.role}.append("=").append(who.name()), rule);
    }

    /// False, with the blame laid, where one is missing or no directory.
    [[nodiscard]] bool open_layers() {
        bool all = true;
        const auto open = [&](const char* role, const layer_source& source) {
            if (!all)
                return;
            place opened{role, &source, {}, {}};
            const layer what = source.view();
            const std::string path{what.path.empty() ? std::string_view{"."} : what.path};
            opened.fd.reset(is_bare(what) ? ::fcntl(what.at, F_DUPFD_CLOEXEC, 0)
                                          : ::openat(what.at, path.c_str(), O_PATH | O_CLOEXEC));
            const int error = errno;
            all = opened.fd && ::fstat(opened.fd.get(), &opened.status) == 0 &&
                  S_ISDIR(opened.status.st_mode);
            if (!opened.fd) {
                refusal_.error_number = error;
                blame(opened, error == ENOENT ? "it does not exist"
                              : error == ENAMETOOLONG
                                  ? "a path takes at most 4095 bytes, a name in "
                                    "it 255; give a descriptor"
                                  : "it cannot be opened");
            } else if (!all) {
                blame(opened, "it is not a directory");
            } else {
                places_.push_back(std::move(opened));
            }
        };
        for (const layer_source& each : options_.lowerdir)
            open("lowerdir", each);
        for (const layer_source& each : options_.datadir)
            open("datadir", each);
        if (options_.upperdir && options_.workdir) {
            open("upperdir", *options_.upperdir);
            open("workdir", *options_.workdir);
        }
        return all;
    }

    [[nodiscard]] bool writable() const noexcept { return options_.upperdir.has_value(); }
    [[nodiscard]] const place& upper() const { return places_[places_.size() - 2]; }
    [[nodiscard]] const place& work() const { return places_.back(); }

    [[nodiscard]] static bool is_overlay(const place& which) {
        struct statfs found {};
        return ::fstatfs(which.fd.get(), &found) == 0 && found.f_type == 0x794C7630;
    }

    bool bad_upper() {
        if (!writable())
            return false;
        struct statvfs found {};
        if (::fstatvfs(upper().fd.get(), &found) == 0 && (found.f_flag & ST_RDONLY) != 0)
            return blame(upper(), "the upper layer lies on a read-only mount or filesystem");
        if (is_overlay(upper()))
            return blame(upper(), "an overlay cannot be the upper layer of another");
        return false;
    }

    bool bad_work() {
        if (!writable())
            return false;
        if (mount_id(upper().fd.get()) != mount_id(work().fd.get()))
            return blame(work(), "workdir must lie on the same mount as upperdir");
        if (within(work(), upper()))
            return blame(work(), "workdir must not lie in upperdir");
        if (within(upper(), work()))
            return blame(upper(), "upperdir must not lie in workdir");
        return ::faccessat(work().fd.get(), "work/incompat/volatile", F_OK, AT_SYMLINK_NOFOLLOW) ==
                   0 &&
               refusal_.error_number == EINVAL &&
               blame(work(), "a volatile mount has used it; make sure that what it wrote is whole, "
                             "then remove work/incompat/volatile in it");
    }

    /// Whether one directory is another, or lies in it, going up from it.
    [[nodiscard]] static bool within(const place& inner, const place& outer) {
        unique_fd at{::fcntl(inner.fd.get(), F_DUPFD_CLOEXEC, 0)};
        struct stat now = inner.status;
        for (;;) {
            if (outer.is(now))
                return true;
            unique_fd up{::openat(at.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC)};
            struct stat above {};
            if (!up || ::fstat(up.get(), &above) != 0 ||
                (above.st_dev == now.st_dev && above.st_ino == now.st_ino))
                return false;
            at = std::move(up);
            now = above;
        }
    }

    [[nodiscard]] bool is_writable(const place& which) const {
        return writable() && (&which == &upper() || &which == &work());
    }

    /// The same layer twice, or one in another, is ELOOP; the upper layer may lie in a lower one.
    bool overlapping() {
        if (refusal_.error_number != ELOOP)
            return false;
        for (const place& one : places_)
            for (const place& other : places_)
                if (&one != &other && !(is_writable(one) && !is_writable(other)) &&
                    within(one, other))
                    return blame(std::string{one.role} + "=" + one.name() + " in " + other.role +
                                     "=" + other.name(),
                                 "layers must not overlap");
        return false;
    }

    bool stacked() {
        if (refusal_.error_number != EINVAL)
            return false;
        for (const place& each : places_)
            if (is_overlay(each) && is_overlay_of_overlay(each))
                return blame(each, "filesystems stack two deep at most, and this layer is an "
                                   "overlay that has an overlay below it");
        return false;
    }

    /// Whether an overlay cannot be stacked upon: alone with a plain directory it is refused too.
    [[nodiscard]] static bool is_overlay_of_overlay(const place& which) {
        const auto context = mount_context::open("overlay");
        if (!context.has_value())
            return true;
        const unique_fd root{::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
        return context.value().set_descriptor("lowerdir+", which.fd.get()).has_value() &&
               context.value().set_string("lowerdir+", "/proc").has_value() &&
               !context.value().create().has_value();
    }

    /// mount(2) does not say which option it refuses; a context does.
    bool bad_option() {
        if (refusal_.error_number != EINVAL)
            return false;
        if (options_.userxattr && options_.redirect_dir == redirect_dir_mode::off &&
            parameter_is_set("redirect_always_follow"))
            return blame("userxattr with redirect_dir=off",
                         "the module parameter redirect_always_follow makes off mean follow, which "
                         "userxattr does not allow; nofollow is allowed");
        if (options_.userxattr && (options_.verity == verity_mode::on ||
                                   options_.verity == verity_mode::require))
            return blame("userxattr with verity", "this kernel does not take them together");
        const auto context = mount_context::open("overlay");
        if (!context.has_value() || !context.value().validates())
            return refused_blindly();
        for (const mount_parameter& each : options_.parameters()) {
            const auto set = each.value == nullptr
                                 ? context.value().set_flag(each.name)
                                 : context.value().set_string(each.name, each.value);
            if (!set.has_value()) {
                refusal_.kernel_message = set.error().kernel_message;
                return blame(set.error().subject, "this kernel has no such option or value");
            }
        }
        return false;
    }

    /// Where no context says which option it was.
    bool refused_blindly() {
        if (!options_.others.empty()) {
            const auto& [name, value] = options_.others.front();
            return blame(value.has_value() ? name + "=" + *value : name,
                         "most likely this kernel has no such option; mount(2) does not say");
        }
        std::string all;
        for (const mount_parameter& each : options_.parameters())
            all.append(all.empty() ? "" : ",").append(each.name);
        return !all.empty() &&
               blame(all, "most likely this kernel has no such option as one of these, or not this "
                          "value; mount(2) does not say");
    }

    [[nodiscard]] static bool parameter_is_set(const char* name) {
        const auto text =
            read_text((std::string{"/sys/module/overlay/parameters/"} + name).c_str());
        return text.has_value() && text.value().starts_with('Y');
    }

    bool by_errno() {
        switch (refusal_.error_number) {
        case EBUSY:
            return writable() && blame(upper(), "another overlay uses the upperdir or the workdir");
        case ESTALE:
            return writable() &&
                   blame(upper(), "with index=on an upperdir belongs to the lower layers that it "
                                  "was first mounted with");
        case EPERM:
            refusal_.explanation = "needs CAP_SYS_ADMIN in the user namespace that owns the mount "
                                   "namespace; inside one that is not the first, userxattr, and no "
                                   "metacopy or redirect_dir";
            return true;
        default:
            return false;
        }
    }

    const mount_options& options_;
    failure refusal_;
    std::vector<place> places_;
};

} // namespace ovl::detail
