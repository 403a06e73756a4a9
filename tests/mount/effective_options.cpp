// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/effective_options.hpp>

#include "layers_fixture.hpp"
#include "support/refuse_calls.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdio>
#include <ovl/mount/overlay_mount.hpp>
#include <ovl/sandbox/child.hpp>
#include <string>

namespace test = boost::unit_test;
using namespace std::string_literals;
using ovl_test::layers_fixture;
using ovl_test::with_fitting_policies;

namespace {

constexpr const char* sources[] = {"statmount", "mountinfo", "artefacts"};

/// Mounts in a child, on `where` or nowhere, does `arrange`, and says what is read back: the source, the
/// upper directory, how many lower ones there are, and what the workdir tells.
template <class Arrange>
std::string read_back(const ovl::mount_options& options, const std::string& where,
                      Arrange arrange) {
    const auto ended = ovl::sandbox::run_in_child([&] {
        return with_fitting_policies([&](auto set) {
            using mount = ovl::overlay_mount<decltype(set)>;
            auto made = where.empty() ? mount::make(options) : mount::make_at(options, where);
            if (!made.has_value() || !arrange())
                return 1;
            const ovl::effective_options found = made.value().effective();
            const auto& read = found.options;
            std::printf("%s upper=%s lower=%zu%s%s", sources[static_cast<unsigned>(found.source)],
                        read.upperdir.has_value() ? read.upperdir->path().c_str() : "?",
                        read.lowerdir.size(), read.is_volatile ? " volatile" : "",
                        read.index == ovl::toggle::off ? " index=off" : "");
            return 0;
        });
    });
    BOOST_REQUIRE(ended.has_value());
    return ended.value().exited_with(0) ? ended.value().output : ended.value().describe();
}

bool without_statmount() {
    return ovl_test::refuse_call(ovl::detail::sys_statmount, ENOSYS);
}
bool without_copies() {
    return ovl_test::refuse_call(ovl::detail::sys_open_tree, EINVAL);
}

/// What statmount(2) writes for options that end with a NUL each, `at` bytes into the strings.
std::string reply_with(const std::string& options, std::uint32_t count, std::uint32_t at = 0) {
    std::string reply(ovl::detail::statmount_strings_at, '\0');
    const auto set = [&](std::size_t where, auto number) {
        std::memcpy(reply.data() + where, &number, sizeof number);
    };
    set(offsetof(ovl::detail::statmount_head, mask), ovl::detail::statmount_opt_array);
    set(ovl::detail::statmount_opt_num_at, count);
    set(ovl::detail::statmount_opt_array_at, at);
    return reply + options;
}

std::optional<ovl::mount_options> read(const std::string& reply) {
    return ovl::detail::read_statmount_reply(
        reply, ovl::detail::option_parser{ovl::option_form::mount});
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_FIXTURE_TEST_SUITE(effective_options, layers_fixture,
                         *test::precondition(ovl_test::needs_overlay{}))

BOOST_AUTO_TEST_CASE(an_attached_one_is_read_from_mountinfo_where_there_is_no_statmount) {
    auto options = writable();
    options.is_volatile = true;
    BOOST_TEST(read_back(options, merged, without_statmount) ==
               "mountinfo upper=" + upper + " lower=2 volatile");
}

BOOST_AUTO_TEST_CASE(a_name_with_every_separator_is_read_back_as_it_was) {
    auto options = writable();
    // Up to Linux 6.4 fsconfig(2) takes no comma: such a name goes by descriptor, and is shown as one.
    const auto context = ovl::mount_context::open("overlay");
    const bool takes_commas = context.has_value() && context.value().validates();
    const std::string odd = base.make(takes_commas ? "a,b:c\\d e\nf" : "a;b:c\\d e\nf");
    options.upperdir = odd;
    BOOST_TEST(read_back(options, merged, without_statmount) ==
               "mountinfo upper=" + odd + " lower=2");
}

/// Of a detached one that cannot be copied, the workdir alone tells something.
BOOST_AUTO_TEST_CASE(a_detached_one_that_cannot_be_copied_is_known_by_its_workdir) {
    if (!ovl::fsopen_mount::available())
        return;
    auto options = writable();
    BOOST_TEST(read_back(options, "", without_copies) == "artefacts upper=? lower=0 index=off");
    options.is_volatile = true;
    BOOST_TEST(read_back(options, "", without_copies) ==
               "artefacts upper=? lower=0 volatile index=off");
    BOOST_TEST(read_back(read_only(), "", without_copies) == "artefacts upper=? lower=0");
}

BOOST_AUTO_TEST_CASE(each_option_of_a_reply_is_read_as_it_stands) {
    const auto options = read(reply_with("other\0lowerdir+=/a,b\0upperdir=/u\0index=on\0"s, 3, 6));
    BOOST_REQUIRE(options.has_value());
    BOOST_REQUIRE(options->lowerdir.size() == 1u);
    BOOST_TEST(options->lowerdir[0].path() == "/a,b");
    BOOST_TEST(options->upperdir->path() == "/u");
    BOOST_TEST((options->index == ovl::toggle::on));
    BOOST_TEST(options->others.empty());
}

BOOST_AUTO_TEST_CASE(a_reply_without_an_array_of_options_tells_none) {
    BOOST_TEST(!read("").has_value());
    BOOST_TEST(!read(std::string(ovl::detail::statmount_strings_at, '\0')).has_value());
}

BOOST_AUTO_TEST_CASE(nothing_beyond_the_end_of_a_reply_is_read) {
    BOOST_TEST(read(reply_with("index=on\0"s, 1)).has_value());
    BOOST_TEST(!read(reply_with("index=on\0"s, 2)).has_value());
    BOOST_TEST(!read(reply_with("index=on", 1)).has_value());
    BOOST_TEST(!read(reply_with("index=on\0"s, 1, 4'000'000'000)).has_value());
}

BOOST_AUTO_TEST_CASE(a_reply_with_an_option_that_is_none_tells_none) {
    BOOST_TEST(!read(reply_with("index=maybe\0"s, 1)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
