// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/mount/option_print.hpp>
#include <ovl/mount/option_string.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace data = boost::unit_test::data;

namespace {

using ovl::option_form;

ovl::mount_options parsed(std::string_view text, option_form form = option_form::mount) {
    auto read = ovl::parse_mount_options(text, form);
    BOOST_REQUIRE_MESSAGE(read.has_value(),
                          text << ": " << (read.has_value() ? "" : read.error().explanation));
    return read.value();
}

std::vector<std::string> paths(const std::vector<ovl::layer_source>& layers) {
    std::vector<std::string> list;
    for (const ovl::layer_source& each : layers)
        list.push_back(each.path());
    return list;
}

struct bad_string {
    const char* text;
    const char* subject;
    const char* explanation;
};

std::ostream& operator<<(std::ostream& out, const bad_string& bad) {
    return out << bad.text;
}

const bad_string bad_strings[] = {
    {"metacopy=maybe", "metacopy=maybe", "metacopy takes one of: on off"},
    {"userxattr,redirect_dir=of", "redirect_dir=of",
     "redirect_dir takes one of: on off follow nofollow"},
    {"index", "index=", "index takes one of: on off"},
    {"xino=yes", "xino=yes", "xino takes one of: on off auto"},
    {"uuid=0", "uuid=0", "uuid takes one of: on off null auto"},
    {"verity=on,verity=x", "verity=x", "verity takes one of: on off require"},
    {"fsync=never", "fsync=never", "fsync takes one of: auto strict"},
    {"lowerdir=", "lowerdir=", "lowerdir needs a path; it is empty"},
    {"upperdir", "upperdir", "upperdir needs a path"},
    {"lowerdir=:a", "lowerdir=:a", "a layer of lowerdir is empty"},
    {"lowerdir=a:", "lowerdir=a:", "a layer of lowerdir is empty"},
    {"lowerdir=a:::b", "lowerdir=a:::b", "a layer of lowerdir is empty"},
    {"lowerdir=a::b:c", "lowerdir=a::b:c", "a lower layer cannot follow a data-only one"},
    {"lowerdir=/a,lowerdir+=/b", "lowerdir+=/b", "lowerdir+ cannot follow lowerdir"},
    {"datadir+=/a,lowerdir+=/b", "lowerdir+=/b", "lowerdir+ cannot follow datadir+"},
    {"remount,index=on", "remount", "remount is an act of mount(8)"},
    {"=x", "=x", "no name"},
    {"ro, metacopy=on", " metacopy=on", "the name of an option has no blank"},
    {R"(a"=b,ro)", R"(a"=b,ro)", "the name of an option has no blank"},
    {R"(flag\)", R"(flag\)", "the name of an option has no blank"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_AUTO_TEST_SUITE(option_string)

BOOST_AUTO_TEST_CASE(layers_are_split_and_unescaped_by_their_own_rules) {
    const auto options = parsed(R"(lowerdir=/a\:b:/c\,d:/e\\f::/g,upperdir=/u\,v\\:w,workdir=/w)");
    BOOST_TEST(paths(options.lowerdir) == (std::vector<std::string>{"/a:b", "/c,d", "/e\\f"}),
               boost::test_tools::per_element());
    BOOST_TEST(paths(options.datadir) == std::vector<std::string>{"/g"},
               boost::test_tools::per_element());
    BOOST_REQUIRE(options.upperdir.has_value());
    BOOST_TEST(options.upperdir->path() == "/u,v\\:w");
    BOOST_TEST(options.workdir->path() == "/w");
}

BOOST_AUTO_TEST_CASE(appended_layers_are_raw) {
    const auto options = parsed(R"(lowerdir+=/a:b,lowerdir+=/c\d,datadir+=/e)");
    BOOST_TEST(paths(options.lowerdir) == (std::vector<std::string>{"/a:b", "/c\\d"}),
               boost::test_tools::per_element());
    BOOST_TEST(paths(options.datadir) == std::vector<std::string>{"/e"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_option_with_a_member_reaches_it) {
    const auto options = parsed("redirect_dir=nofollow,index=off,nfs_export=on,xino=auto,"
                                "metacopy=on,uuid=null,verity=require,fsync=strict,"
                                "nooverride_creds,userxattr,default_permissions");
    ovl::mount_options expected{};
    expected.redirect_dir = ovl::redirect_dir_mode::nofollow;
    expected.index = ovl::toggle::off;
    expected.nfs_export = ovl::toggle::on;
    expected.xino = ovl::xino_mode::automatic;
    expected.metacopy = ovl::toggle::on;
    expected.uuid = ovl::uuid_mode::null;
    expected.verity = ovl::verity_mode::require;
    expected.fsync = ovl::fsync_mode::strict;
    expected.override_creds = ovl::toggle::off;
    expected.userxattr = true;
    expected.default_permissions = true;
    BOOST_TEST((options == expected));
}

BOOST_AUTO_TEST_CASE(volatile_and_fsync_volatile_are_one) {
    BOOST_TEST((parsed("volatile") == parsed("fsync=volatile")));
    BOOST_TEST(parsed("volatile").is_volatile);
    const auto last_wins = parsed("volatile,fsync=auto");
    BOOST_TEST(!last_wins.is_volatile);
    BOOST_TEST((last_wins.fsync == ovl::fsync_mode::automatic));
}

BOOST_AUTO_TEST_CASE(the_last_of_two_wins) {
    BOOST_TEST((parsed("index=on,index=off").index == ovl::toggle::off));
    BOOST_TEST(paths(parsed("lowerdir=/a:/b,lowerdir=/c").lowerdir) ==
                   std::vector<std::string>{"/c"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_not_for_the_kernel_is_left_out_and_what_is_unknown_is_kept) {
    const auto options =
        parsed(R"(defaults,nofail,x-systemd.requires=/x,ro,nosuid,noatime,lazytime,)"
               R"(context="system_u:object_r:tmp_t:s0:c1,c2",casefold=2)");
    BOOST_TEST(options.attributes.read_only);
    BOOST_TEST(options.attributes.nosuid);
    BOOST_TEST((options.attributes.atime == ovl::atime_mode::noatime));
    BOOST_REQUIRE(options.others.size() == 3u);
    BOOST_TEST(options.others[0].name == "lazytime");
    BOOST_TEST(!options.others[0].value.has_value());
    BOOST_TEST(options.others[1].value.value() == "system_u:object_r:tmp_t:s0:c1,c2");
    BOOST_TEST(options.others[2].name == "casefold");
}

BOOST_AUTO_TEST_CASE(a_quote_in_a_layers_name_is_a_byte_like_another) {
    const auto options = parsed(R"(lowerdir="/a:/b",userxattr)");
    BOOST_TEST(paths(options.lowerdir) == (std::vector<std::string>{"\"/a", "/b\""}),
               boost::test_tools::per_element());
    BOOST_TEST(options.userxattr);
}

BOOST_AUTO_TEST_CASE(fstab_has_octal_escapes_on_top) {
    const auto options =
        parsed(R"(lowerdir=/a\040b:/c\134\134d,upperdir=/u\011x,workdir=/w)", option_form::fstab);
    BOOST_TEST(paths(options.lowerdir) == (std::vector<std::string>{"/a b", "/c\\d"}),
               boost::test_tools::per_element());
    BOOST_TEST(options.upperdir->path() == "/u\tx");
}

// As Linux 6.18 shows it for names with a colon, a comma, backslashes, blanks and an equals sign.
BOOST_AUTO_TEST_CASE(mountinfo_has_octal_escapes_over_the_raw_string) {
    const auto options = parsed(R"(rw,lowerdir=/l\134:1\134\054x\134\134y:/l2,)"
                                R"(upperdir=/u\134\134b\134\054c:d\040=q,workdir=/w,uuid=on)",
                                option_form::mountinfo);
    BOOST_TEST(paths(options.lowerdir) == (std::vector<std::string>{"/l:1,x\\y", "/l2"}),
               boost::test_tools::per_element());
    BOOST_TEST(options.upperdir->path() == "/u\\b,c:d =q");
    BOOST_TEST((options.uuid == ovl::uuid_mode::on));
}

// As Linux shows the contexts of containers: show_sid of security/selinux/hooks.c.
BOOST_AUTO_TEST_CASE(mountinfo_has_selinux_quotes_around_commas) {
    const auto options = parsed(R"(rw,context="system_u:object_r:container_file_t:s0:c1,c2",)"
                                R"(lowerdir="/a:/b",upperdir=/u,workdir=/w)",
                                option_form::mountinfo);
    BOOST_REQUIRE(options.others.size() == 1u);
    BOOST_TEST(options.others[0].value.value() == "system_u:object_r:container_file_t:s0:c1,c2");
    BOOST_TEST(paths(options.lowerdir) == (std::vector<std::string>{"\"/a", "/b\""}),
               boost::test_tools::per_element());
    BOOST_TEST(options.upperdir->path() == "/u");
}

BOOST_DATA_TEST_CASE(a_bad_string_is_refused_by_name, data::make(bad_strings), bad) {
    const auto read = ovl::parse_mount_options(bad.text);
    BOOST_REQUIRE(!read.has_value());
    BOOST_TEST(read.error().error_number == EINVAL);
    BOOST_TEST((read.error().where == ovl::step::check_options));
    BOOST_TEST(read.error().subject == bad.subject);
    BOOST_TEST(read.error().explanation.starts_with(bad.explanation), read.error().explanation);
}

BOOST_AUTO_TEST_CASE(what_is_printed_is_read_back_the_same_in_every_form) {
    ovl::mount_options options{.lowerdir = {"/a:b", "/c,d\\", "/e f\n\"=\xff"},
                               .datadir = {"/data"},
                               .upperdir = "/u,\\:",
                               .workdir = "/w\t",
                               .redirect_dir = ovl::redirect_dir_mode::on,
                               .uuid = ovl::uuid_mode::automatic,
                               .fsync = ovl::fsync_mode::strict,
                               .override_creds = ovl::toggle::off,
                               .userxattr = true};
    options.others = {{"context", "u:o:t:s0:c1,c2"}, {"lazytime", std::nullopt}};
    options.attributes = {.read_only = true, .noexec = true, .atime = ovl::atime_mode::noatime};
    for (const option_form form :
         {option_form::mount, option_form::fstab, option_form::mountinfo}) {
        const auto text = ovl::print_mount_options(options, form);
        BOOST_REQUIRE(text.has_value());
        BOOST_TEST((parsed(text.value(), form) == options), text.value());
    }
    const auto field = ovl::print_mount_options(options, option_form::fstab);
    BOOST_TEST(field.value().find_first_of(" \t\n") == std::string::npos);
    BOOST_TEST(ovl::print_mount_options({.lowerdir = {"/a:b", "/c"}}).value() ==
               "lowerdir=/a\\:b:/c");
}

BOOST_AUTO_TEST_CASE(what_a_form_cannot_say_is_refused) {
    ovl::mount_options options;
    options.others = {{"context", "a\"b"}};
    BOOST_TEST(ovl::print_mount_options(options).error().subject == "context=a\"b");
    BOOST_TEST(ovl::print_mount_options({.datadir = {"/d"}}).error().subject == "lowerdir");
    BOOST_TEST(ovl::print_mount_options({.lowerdir = {"/a", ""}}).error().subject == "lowerdir");
    BOOST_TEST(ovl::print_mount_options({.upperdir = std::string{"/u\0x", 4}}).error().subject ==
               "upperdir");
    for (const char* const name : {"", "a,ro", "a=b", "a\\", "a\"", "a b"}) {
        options.others = {{name, std::nullopt}};
        BOOST_TEST(ovl::print_mount_options(options).error().subject == name);
    }
    options.others = {{"context", std::string{"a\0b", 3}}};
    BOOST_TEST(ovl::print_mount_options(options).error().subject == "context");
}

/// It would be read back as something else.
BOOST_AUTO_TEST_CASE(what_has_a_member_of_its_own_is_refused_among_the_others) {
    ovl::mount_options options;
    for (const char* const name :
         {"fsync", "ro", "volatile", "userxattr", "lowerdir", "remount", "nofail", "x-systemd.a"}) {
        options.others = {{name, std::nullopt}};
        BOOST_TEST(ovl::print_mount_options(options).error().subject == name);
    }
    options.others = {{"index", "on"}};
    BOOST_TEST(ovl::print_mount_options(options).error().subject == "index");
    options.others = {{"seclabel", std::nullopt}, {"context", "a"}};
    BOOST_TEST(ovl::print_mount_options(options).value() == "seclabel,context=a");
}

BOOST_AUTO_TEST_CASE(a_nul_byte_is_refused) {
    BOOST_TEST(!ovl::parse_mount_options(std::string_view{"index=on\0x", 10}).has_value());
    for (const option_form form : {option_form::fstab, option_form::mountinfo})
        BOOST_TEST(!ovl::parse_mount_options(R"(context=a\000b)", form).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
