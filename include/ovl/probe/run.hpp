// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/directory.hpp>
#include <ovl/environment/backing_filesystem.hpp>
#include <ovl/environment/security_modules.hpp>
#include <ovl/environment/user_namespace.hpp>
#include <ovl/mount/private_namespace.hpp>
#include <ovl/probe/confirm.hpp>
#include <ovl/probe/question.hpp>
#include <ovl/probe/run_settings.hpp>
#include <ovl/probe/scratch_overlay.hpp>
#include <ovl/scratch/scratch_dir.hpp>

#include <array>
#include <gsl/assert>
#include <optional>
#include <span>
#include <vector>

namespace ovl {

namespace detail {

/// One run: questions about one directory, over as few mounts as there are distinct sets of options
/// among them. Each question has names of its own in every layer, so that they share a mount.
template <policies P>
class run_session {
  public:
    run_session(const P& set, const mount_options& extra, std::span<const question<P>> questions,
                std::span<verdict> verdicts, const run_settings& settings)
        : set_{set}, extra_{extra}, questions_{questions}, verdicts_{verdicts}, settings_{settings},
          answered_(questions.size(), false) {}

    [[nodiscard]] run_facts ask(const directory& where) {
        for (std::size_t i = 0; i < questions_.size(); ++i)
            if (questions_[i].consider != nullptr && !(settings_.no_mount && questions_[i].mounts))
                settle(i, questions_[i].consider(set_, apart_));
        if (all_answered())
            return facts_;
        const bool attaches = set_.mount.attaches() && !settings_.no_mount;
        writable_ = writable_layers(attaches);
        if (attaches) {
            // The directory is opened inside: a mount needs a mount point of its own namespace.
            const auto entered = in_private_mount_namespace([&] { ask_below(where.reopen()); });
            if (!entered.has_value())
                give_up(entered.error());
        } else {
            ask_below(where.open());
        }
        return facts_;
    }

  private:
    using tree_type = layer_tree<typename P::filesystem_class>;
    using members = std::vector<std::size_t>;

    void ask_below(const result<unique_fd>& base) {
        if (!base.has_value())
            return give_up(base.error());
        const auto filesystem = read_backing_filesystem(set_.fs, base.value().get());
        if (!filesystem.has_value())
            return give_up(filesystem.error());
        facts_.filesystem = filesystem.value();
        if (filesystem.value().kind == filesystem_class::dangerous && !settings_.force)
            rule_out(reason::dangerous_filesystem, [](const question<P>&) { return true; });
        if (settings_.no_mount)
            rule_out(reason::mounting_ruled_out, [](const question<P>& asked) {
                return asked.inspect == nullptr || asked.mounts;
            });
        if constexpr (!P::xattr_class::userxattr)
            rule_out_trusted_class();
        for_each_open([&](std::size_t i) {
            if (questions_[i].inspect != nullptr)
                settle(i, questions_[i].inspect({set_, base.value().get(), apart_,
                                                 questions_[i].asks, *facts_.filesystem}));
        });
        if (all_answered())
            return;
        auto made = scratch_dir<typename P::filesystem_class>::create(set_.fs, base.value().get());
        place_ = base.value().get();
        if (!made.has_value())
            return give_up(made.error());
        ask_in(made.value());
    }

    void ask_in(scratch_dir<typename P::filesystem_class>& scratch) {
        place_ = scratch.fd();
        if (scratch.unswept().has_value())
            facts_.left_behind.push_back(*scratch.unswept());
        for_each_open([&](std::size_t i) {
            if (questions_[i].examine != nullptr)
                settle(i, examine(place_, questions_[i]));
        });
        tree_type tree{set_.fs, place_};
        for_each_open([&](std::size_t i) {
            if (questions_[i].combinable && !combined_)
                ask_combined(tree);
            if (!answered_[i])
                ask_together(tree, effective_options(questions_[i]));
        });
        if (auto removed = scratch.remove(); !removed.has_value())
            facts_.left_behind.push_back(std::move(removed.error()));
    }

    /// Gives a question a directory of its own, and takes it away again.
    [[nodiscard]] verdict examine(int scratch, const question<P>& asked) {
        const char* const home = describe(asked.asks).key.data();
        const auto failed = [&](failure what) {
            return could_not(asked.asks, std::move(what).at(step::build_layers).on(home),
                             *facts_.filesystem);
        };
        if (auto made = set_.fs.make_directory(scratch, home, 0755); !made.has_value())
            return failed(std::move(made.error()));
        auto opened = set_.fs.open_directory(scratch, home);
        if (!opened.has_value())
            return failed(std::move(opened.error()));
        tree_type tree{set_.fs, opened.value().get()};
        verdict found =
            asked.examine({set_, tree, apart_, writable_, asked.asks, extra_, *facts_.filesystem});
        static_cast<void>(tree.clear());
        static_cast<void>(remove_tree(set_.fs, scratch, home));
        return found;
    }

    template <class Which>
    void rule_out(reason because, Which which) {
        for_each_open([&](std::size_t i) {
            if (which(questions_[i]))
                settle(i, give(questions_[i].asks, answer::unknown, because));
        });
    }

    /// In a user namespace trusted.* attributes read as absent, which a probe would take for "off".
    void rule_out_trusted_class() {
        const auto inside = running_in_user_namespace();
        // ENOENT: there is no /proc, and nothing else to tell by.
        if (!inside.has_value() && inside.error().error_number != ENOENT)
            return give_up(inside.error());
        if (!inside.has_value() || !inside.value())
            return;
        rule_out(reason::trusted_xattrs_in_user_namespace,
                 [](const question<P>& asked) { return !asked.without_class && !asked.any_class; });
    }

    [[nodiscard]] mount_options effective_options(const question<P>& asked) const {
        if (asked.without_class)
            return asked.options;
        mount_options options = extra_.overlaid_with(asked.options);
        options.userxattr |= P::xattr_class::userxattr;
        return options;
    }

    /// Answers every open question whose mount has these options.
    void ask_together(tree_type& tree, const mount_options& options) {
        members group;
        for (std::size_t i = 0; i < questions_.size(); ++i)
            if (!answered_[i] && effective_options(questions_[i]) == options)
                group.push_back(i);
        if (no_mount_here_.has_value())
            return explain_refusal(tree, group, *no_mount_here_);
        if (const auto refused = mount_and_observe(tree, group, options); refused.has_value())
            explain_refusal(tree, group, *refused);
        tidy(tree);
    }

    /// Answers the questions whose options do not touch each other by one mount with all of these; where
    /// that is refused they stay open.
    void ask_combined(tree_type& tree) {
        combined_ = true;
        members group;
        mount_options options = effective_options({});
        for (std::size_t i = 0; i < questions_.size(); ++i)
            if (!answered_[i] && questions_[i].combinable) {
                group.push_back(i);
                options = options.overlaid_with(questions_[i].options);
            }
        if (group.size() < 2 || no_mount_here_.has_value())
            return;
        static_cast<void>(mount_and_observe(tree, group, options));
        tidy(tree);
    }

    /// Settles the group's questions in one mount; the failure where that is refused.
    [[nodiscard]] std::optional<failure> mount_and_observe(tree_type& tree, members& group,
                                                           const mount_options& options) {
        make_room(tree, group);
        build_layers(tree, group);
        if (group.empty())
            return std::nullopt;
        auto made = mount_scratch(set_, tree, options);
        if (!made.has_value())
            return std::move(made.error());
        observe(tree, group, options, made.value());
        return std::nullopt;
    }

    /// Takes the layers away.
    void tidy(tree_type& tree) {
        auto cleared = tree.clear();
        if (cleared.has_value())
            left_.reset();
        else if (!left_.has_value())
            left_ = std::move(cleared.error());
    }

    /// What an earlier mount left gets a second chance to go; else it is in the way of the group's.
    void make_room(tree_type& tree, members& group) {
        if (left_.has_value())
            tidy(tree);
        if (!left_.has_value())
            return;
        for (const std::size_t i : group)
            settle(i, could_not(questions_[i].asks, *left_, *facts_.filesystem));
        group.clear();
    }

    /// Makes the layers and what each question wants in them; a question whose wish fails is
    /// answered by that failure and leaves the group.
    void build_layers(tree_type& tree, members& group) {
        layer_set layers = writable_;
        for (const std::size_t i : group)
            layers.add(layer_set{questions_[i].tree});
        const auto made = tree.make_layers(layers);
        std::erase_if(group, [&](std::size_t i) {
            const auto built = made.has_value()
                                   ? tree.template build<typename P::xattr_class>(
                                         describe(questions_[i].asks).key, questions_[i].tree)
                                   : made;
            if (!built.has_value())
                settle(i, unbuildable(questions_[i], built.error()));
            return !built.has_value();
        });
    }

    [[nodiscard]] verdict unbuildable(const question<P>& asked, const failure& what) const {
        if (asked.refused != nullptr && is_refusal(what))
            return asked.refused(what, false, *facts_.filesystem);
        return could_not(asked.asks, what, *facts_.filesystem);
    }

    void observe(tree_type& tree, const members& group, const mount_options& options,
                 owned_mount& mount) {
        facts_.backend = mount.through();
        std::vector<verdict> found;
        found.reserve(group.size());
        for (const std::size_t i : group)
            found.push_back(questions_[i].observe(
                {set_, mount.root(), tree, questions_[i].asks, options, *facts_.filesystem}));
        const auto afterwards = look_again();
        for (std::size_t at = 0; at < group.size(); ++at)
            record(group[at], afterwards.confirm(std::move(found[at])));
        if (auto unmounted = mount.unmount(); !unmounted.has_value())
            left_ = std::move(unmounted.error());
    }

    /// Tells what the group's options have to do with a refusal, by the same mount without them.
    void explain_refusal(tree_type& tree, const members& group, const failure& refusal) {
        const question<P>& first = questions_[group.front()];
        const bool asks_for_options = first.options != mount_options{};
        // Then the mount without the options would be refused too, with another line in the kernel's log.
        if (rules_out_writable_mounts(reason_of(refusal, *facts_.filesystem)))
            no_mount_here_ = refusal;
        const bool control =
            !no_mount_here_.has_value() && is_refusal(refusal) &&
            (asks_for_options || first.without_class || extra_ != mount_options{}) &&
            control_works(tree, first);
        for (const std::size_t i : group) {
            const question<P>& asked = questions_[i];
            if (asked.refused != nullptr && is_refusal(refusal))
                settle(i, asked.refused(refusal, control, *facts_.filesystem));
            else if (control && asks_for_options)
                settle(i, give(asked.asks, answer::no, reason::option_refused, refusal));
            else if (control)
                settle(i, give(asked.asks, answer::unknown, reason::bad_mount_option, refusal));
            else
                settle(i, could_not(asked.asks, refusal, *facts_.filesystem));
        }
    }

    /// The errnos by which a kernel says that it will not, rather than that it cannot just now.
    [[nodiscard]] static bool is_refusal(const failure& what) noexcept {
        return what.error_number == EINVAL || what.error_number == EPERM ||
               what.error_number == EACCES;
    }

    /// The mount that tells what a refusal is due to: without the question's options or, where it has none,
    /// without the runtime's; for a question about userxattr itself, the other way round.
    [[nodiscard]] bool control_works(tree_type& tree, const question<P>& refused) {
        mount_options control{};
        if (refused.without_class)
            control.userxattr = !refused.options.userxattr;
        else if (refused.options != mount_options{})
            control = effective_options({});
        else
            control.userxattr = P::xattr_class::userxattr;
        return tree.clear().has_value() && tree.make_layers(writable_).has_value() &&
               mount_scratch(set_, tree, control).has_value();
    }

    void give_up(const failure& what) {
        for_each_open([&](std::size_t i) {
            settle(i, could_not(questions_[i].asks, what,
                                facts_.filesystem.value_or(backing_filesystem{})));
        });
    }

    template <class Act>
    void for_each_open(Act act) {
        for (std::size_t i = 0; i < questions_.size(); ++i)
            if (!answered_[i])
                act(i);
    }

    [[nodiscard]] bool all_answered() const {
        for (const char answered : answered_)
            if (!answered)
                return false;
        return true;
    }

    [[nodiscard]] place_afterwards look_again() const {
        return {set_.fs, place_, *facts_.filesystem};
    }

    void settle(std::size_t i, verdict found) {
        if (place_ >= 0 && found != answer::unknown)
            found = look_again().confirm(std::move(found));
        record(i, std::move(found));
    }

    void record(std::size_t i, verdict found) {
        if (found.evidence.has_value())
            name_security_module(*found.evidence);
        verdicts_[i] = std::move(found);
        answered_[i] = 1;
        if (settings_.listener.hear != nullptr)
            settings_.listener.hear(settings_.listener.context, verdicts_[i]);
    }

    /// A mount is EACCES where a security module denied it, or file permissions on a layer did.
    static void name_security_module(failure& what) {
        if (what.where != step::mount || what.error_number != EACCES)
            return;
        if (const std::string by = read_security_modules().confinement(); !by.empty())
            what.subject.append(", confined by ").append(by);
    }

    const P& set_;
    const mount_options& extra_;
    std::span<const question<P>> questions_;
    std::span<verdict> verdicts_;
    const run_settings& settings_;
    /// Flags; std::vector<bool> would cost every includer more than they are worth.
    std::vector<char> answered_;
    run_facts facts_{};
    /// Where what is asked from now on can be seen to have changed: the scratch directory, once there is one.
    int place_ = -1;
    layer_set writable_{};
    /// One for all questions that need it.
    private_tmpfs apart_{};
    /// Whether the questions that can be combined have been.
    bool combined_ = false;
    /// Why no writable overlay can be mounted in this place, once that is known.
    std::optional<failure> no_mount_here_{};
    /// Why the last mount or its layers could not be taken away.
    std::optional<failure> left_{};
};

} // namespace detail

/// Answers a list of questions about one directory in one go; `verdicts` has a place for each.
/// `extra` are the runtime's own mount options. See the probes for the privilege that each needs.
template <policies P>
run_facts run(const directory& where, std::span<const question<P>> questions,
              std::span<verdict> verdicts, const mount_options& extra = {}, const P& set = {},
              const run_settings& settings = {}) {
    Expects(questions.size() == verdicts.size());
    return detail::run_session<P>{set, extra, questions, verdicts, settings}.ask(where);
}

/// The same for a list that is known at compile time: `run<rootless, native_diff,
/// metacopy_active>(dir)`.
template <policies P, probe_of<P>... Q>
[[nodiscard]] std::array<verdict, sizeof...(Q)>
run(const directory& where, const mount_options& extra = {}, const P& set = {}) {
    const std::array<question<P>, sizeof...(Q)> questions{question_of<P, Q>()...};
    std::array<verdict, sizeof...(Q)> verdicts;
    run<P>(where, std::span<const question<P>>{questions}, std::span<verdict>{verdicts}, extra,
           set);
    return verdicts;
}

} // namespace ovl
