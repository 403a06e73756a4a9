// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/namespace_classifier.hpp>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <ostream>
#include <set>
#include <string>
#include <vector>

using ovl::namespace_cause;
using ovl::namespace_facts;
using ovl::namespace_stage;

namespace {

namespace_facts initial() {
    namespace_facts facts;
    facts.nesting = 0;
    facts.max_user_namespaces = 15000;
    facts.max_mnt_namespaces = 15000;
    facts.max_pid_namespaces = 15000;
    return facts;
}

/// The facts of an ordinary process in the initial namespace, but for what `change` does to them.
template <class Change>
namespace_facts with(Change change) {
    namespace_facts facts = initial();
    change(facts);
    return facts;
}

struct expectation {
    namespace_stage stage;
    int error_number;
    namespace_facts facts;
    std::string_view cause;
};

} // namespace

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(namespace_classifier)

BOOST_AUTO_TEST_CASE(each_cause_is_told_by_stage_errno_and_facts) {
    using stage = namespace_stage;
    using facts = namespace_facts;
    const facts seccomp = with([](facts& f) { f.seccomp = 2; });
    const facts apparmor = with([](facts& f) { f.apparmor_restrict_unprivileged_userns = 1; });
    const facts nested = with([](facts& f) { f.nesting.reset(); });
    const std::vector<expectation> expectations{
        {stage::unshare, EINVAL, with([](facts& f) { f.threads = 2; }), "threads"},
        {stage::clone, EINVAL, with([](facts& f) { f.user_namespaces = false; }),
         "no-user-namespaces"},
        {stage::clone, EINVAL, initial(), "unknown"},
        {stage::clone, ENOSPC, with([](facts& f) { f.max_user_namespaces = 0; }),
         "max-user-namespaces"},
        {stage::clone, ENOSPC, initial(), "max-user-namespaces"},
        {stage::clone, EUSERS, initial(), "max-user-namespaces"},
        {stage::clone, ENOSPC, nested, "enclosing-limit"},
        {stage::clone, ENOSPC, with([](facts& f) { f.nesting = 33; }), "nesting"},
        {stage::mount_namespace, ENOSPC, initial(), "max-mnt-namespaces"},
        {stage::pid_namespace, ENOSPC, initial(), "max-pid-namespaces"},
        {stage::clone, EPERM, with([](facts& f) { f.unprivileged_userns_clone = 0; }),
         "unprivileged-userns-clone"},
        {stage::clone, EPERM, with([](facts& f) { f.unprivileged_userns_clone = 1; }), "unknown"},
        {stage::clone, EPERM, with([](facts& f) { f.chrooted = true; }), "chroot"},
        {stage::clone, EPERM, with([](facts& f) { f.ids_mapped = false; }), "unmapped-id"},
        {stage::clone, EPERM, seccomp, "seccomp"},
        {stage::clone, ENOSYS, seccomp, "seccomp"},
        {stage::clone, EACCES, initial(), "security-module"},
        {stage::clone, EACCES, apparmor, "apparmor"},
        {stage::uid_map, EPERM, apparmor, "apparmor"},
        {stage::setgroups, EACCES, apparmor, "apparmor"},
        {stage::private_mounts, EACCES, apparmor, "apparmor"},
        {stage::uid_map, EPERM, with([](facts& f) { f.apparmor_restrict_unprivileged_userns = 0; }),
         "unknown"},
        {stage::setgroups, EACCES, with([](facts& f) { f.dumpable = false; }), "not-dumpable"},
        {stage::private_mounts, EACCES, with([](facts& f) {
             f.security_label = "docker-default (enforce)";
             f.seccomp = 2;
         }),
         "security-module"},
        {stage::private_mounts, EPERM, seccomp, "seccomp"},
        {stage::proc, EPERM, initial(), "proc-masked"},
        {stage::tmpfs, ENODEV, initial(), "filesystem-missing"},
        {stage::newuidmap, EPERM, with([](facts& f) { f.no_new_privs = true; }), "no-new-privs"},
        {stage::newgidmap, ENOENT, initial(), "newuidmap-missing"},
        {stage::setgroups, ENOENT, with([](facts& f) { f.proc_mounted = false; }), "no-proc"},
        {stage::clone, EAGAIN, initial(), "process-limit"},
        {stage::clone, ENOMEM, initial(), "out-of-memory"},
    };
    for (const expectation& e : expectations)
        BOOST_TEST_CONTEXT(name(e.stage) << " " << e.error_number) {
            const auto refusal = ovl::classify(e.stage, e.error_number, e.facts);
            BOOST_TEST(name(refusal.cause) == e.cause);
            BOOST_TEST((refusal.stage == e.stage));
            BOOST_TEST(refusal.error_number == e.error_number);
            BOOST_TEST(!refusal.sentence().empty());
        }
}

BOOST_AUTO_TEST_CASE(ubuntus_restriction_is_named_with_its_fix) {
    const auto refusal = ovl::classify(
        namespace_stage::uid_map, EPERM,
        with([](namespace_facts& f) { f.apparmor_restrict_unprivileged_userns = 1; }));
    BOOST_TEST(refusal.evidence == "kernel.apparmor_restrict_unprivileged_userns = 1");
    BOOST_TEST(refusal.line() ==
               "stage=uid_map errno=EPERM cause=apparmor "
               "fix=sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
}

BOOST_AUTO_TEST_CASE(a_restriction_of_the_unprivileged_is_not_blamed_for_a_privileged_process) {
    const auto refusal = ovl::classify(namespace_stage::clone, EPERM, with([](namespace_facts& f) {
                                           f.unprivileged_userns_clone = 0;
                                           f.apparmor_restrict_unprivileged_userns = 1;
                                           f.privileged = true;
                                       }));
    BOOST_TEST(name(refusal.cause) == "unknown");
    BOOST_TEST(refusal.line() == "stage=clone errno=EPERM cause=unknown");
}

BOOST_AUTO_TEST_CASE(causes_and_stages_have_names_of_their_own) {
    std::set<std::string_view> names;
    for (const auto& text : ovl::namespace_cause_texts()) {
        BOOST_TEST(names.insert(text.name).second, text.name);
        BOOST_TEST(text.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") ==
                   std::string_view::npos);
    }
    std::set<std::string_view> stages;
    for (int i = 0; i <= static_cast<int>(namespace_stage::exec); ++i)
        BOOST_TEST(stages.insert(name(static_cast<namespace_stage>(i))).second);
    BOOST_TEST(name(namespace_stage::exec) == "exec");
    BOOST_TEST(name(namespace_stage::uid_map) == "uid_map");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
