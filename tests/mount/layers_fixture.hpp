// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/mount/overlay_mount.hpp>

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/preconditions.hpp>
#include <string>
#include <support/temporary_directory.hpp>
#include <sys/stat.h>

namespace ovl_test {

/// The policies that fit where the test runs: the trusted class needs true root.
template <class Body>
decltype(auto) with_fitting_policies(Body body) {
    const auto inside = ovl::running_in_user_namespace();
    return inside.has_value() && !inside.value() ? body(ovl::rootful{}) : body(ovl::rootless{});
}

/// Two lower layers, an upper one and a workdir; and a place to mount on.
struct layers_fixture {
    temporary_directory base;
    std::string lower1 = base.make("lower1");
    std::string lower2 = base.make("lower2");
    std::string upper = base.make("upper");
    std::string work = base.make("work");
    std::string merged = base.make("merged");

    layers_fixture() {
        static_cast<void>(base.make_file("lower1/one", "1"));
        static_cast<void>(base.make_file("lower2/two", "22"));
    }
    [[nodiscard]] ovl::mount_options writable() const {
        return {.lowerdir = {lower2, lower1}, .upperdir = upper, .workdir = work};
    }
    [[nodiscard]] ovl::mount_options read_only() const { return {.lowerdir = {lower2, lower1}}; }
};

/// An ability to mount overlays here, found by trying: Linux 5.10 refuses it in a user namespace.
struct needs_overlay {
    boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const {
        if (!ovl::sandbox::current_session().active)
            return ovl::sandbox::detail::met_if(false, ovl::sandbox::detail::why_in_place());
        const std::string base = std::string{::getenv("TMPDIR")} + "/ovl-trial-XXXXXX";
        std::string path = base;
        if (::mkdtemp(path.data()) == nullptr)
            return ovl::sandbox::detail::met_if(false, "no temporary directory");
        const std::string one = path + "/1";
        const std::string two = path + "/2";
        ::mkdir(one.c_str(), 0755);
        ::mkdir(two.c_str(), 0755);
        const auto refusal = with_fitting_policies([&](auto set) -> std::string {
            const auto made =
                ovl::overlay_mount<decltype(set)>::make_at({.lowerdir = {one, two}}, path);
            return made.has_value() ? "" : "no overlay here: " + made.error().explanation;
        });
        ::rmdir(one.c_str());
        ::rmdir(two.c_str());
        ::rmdir(path.c_str());
        return ovl::sandbox::detail::met_if(refusal.empty(), refusal);
    }
};

/// A failure in one line, for a test's log.
[[nodiscard]] inline std::string line_of(const ovl::failure& failed) {
    return std::string{ovl::name(failed.where)} + ": " + std::string{failed.call} + ": " +
           std::to_string(failed.error_number) + ": " + failed.subject.substr(0, 200) + ": " +
           failed.kernel_message + ": " + failed.explanation;
}

/// What `mount` was made as; the test ends where it was not.
template <class Mount>
[[nodiscard]] Mount required(ovl::result<Mount> made) {
    BOOST_REQUIRE_MESSAGE(made.has_value(), (made.has_value() ? "" : line_of(made.error())));
    return std::move(made.value());
}

} // namespace ovl_test
