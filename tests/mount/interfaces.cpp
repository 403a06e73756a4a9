// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "layers_fixture.hpp"
#include "support/kernel_version.hpp"

#include <ovl/mount/libmount_mount.hpp>
#include <ovl/mount/overlay_mount.hpp>

#include <boost/test/unit_test.hpp>
#include <cstdio>
#include <fcntl.h>
#include <iterator>
#include <map>
#include <string>
#include <sys/stat.h>
#include <utility>
#include <vector>

namespace test = boost::unit_test;
using ovl_test::line_of;
using ovl_test::required;
using ovl_test::temporary_directory;
using ovl_test::with_fitting_policies;

namespace {

struct name_class {
    const char* what;
    std::string name;
};

const name_class name_classes[] = {
    {"plain", "plain"},
    {"colon", "a:b"},
    {"comma", "a,b"},
    {"backslash", "a\\b"},
    {"ends in a backslash", "a\\"},
    {"double quote", "a\"b"},
    {"single quote", "a'b"},
    {"percent", "a%b"},
    {"hash", "#a"},
    {"equals", "a=b"},
    {"space", "a b"},
    {"newline", "a\nb"},
    {"tab", "a\tb"},
    {"not UTF-8", "a\xff\xfe"},
    {"all of it", ":,\\\"'%#= \n\t\xff\\"},
};

/// What a path is made to look like, so that one or another way into the kernel is taken.
enum class path_form { as_it_is, among_many, very_long, by_descriptor };

struct interface {
    const char* what;
    const char* backend;
    path_form form;
};

const interface all_interfaces[] = {
    {"fsconfig lowerdir", "fsopen", path_form::as_it_is},
    {"fsconfig lowerdir+", "fsopen", path_form::among_many},
    {"fsconfig, long paths", "fsopen", path_form::very_long},
    {"fsconfig, descriptors", "fsopen", path_form::by_descriptor},
    {"mount(2)", "classic", path_form::as_it_is},
    {"mount(2), many", "classic", path_form::among_many},
    {"mount(2), long paths", "classic", path_form::very_long},
    {"mount(2), descriptors", "classic", path_form::by_descriptor},
    {"libmount", "libmount", path_form::as_it_is},
    {"libmount, many", "libmount", path_form::among_many},
    {"libmount, long paths", "libmount", path_form::very_long},
    {"libmount, descriptors", "libmount", path_form::by_descriptor},
};

bool exists(const ovl::unique_fd& at, const char* name) {
    return ::faccessat(at.get(), name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

ovl::unique_fd make_and_open(int at, const std::string& name) {
    BOOST_REQUIRE(::mkdirat(at, name.c_str(), 0755) == 0);
    ovl::unique_fd opened{::openat(at, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    BOOST_REQUIRE(static_cast<bool>(opened));
    return opened;
}

/// What all cells share: layers among which a layer is one of many, whose names alone are more than mount(2) takes; and
/// a directory with a very long path, made and opened piece by piece, since 4095 bytes at once are the most.
struct shared_directories {
    shared_directories() {
        for (int i = 0; i != 40; ++i)
            many.push_back(base.make(std::to_string(i) + std::string(120, 'f')));
        BOOST_REQUIRE(many.size() * 120 > 4095);
        deep.reset(::open(base.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        for (const std::string piece(200, 'p'); deep_path.size() < 3700; deep_path += "/" + piece)
            deep = make_and_open(deep.get(), piece);
    }
    temporary_directory base;
    std::vector<std::string> many;
    std::string deep_path = base.path();
    ovl::unique_fd deep;
    int cells_in_deep = 0;
};

/// One cell's directories: the name in question is one layer's, the others have plain ones.
class cell {
  public:
    cell(const temporary_directory& base, shared_directories& shared, path_form form,
         const std::string& role, const std::string& name)
        : among_{shared.many}, form_{form}, root_{base.path()} {
        if (form == path_form::very_long) {
            const std::string own = std::to_string(++shared.cells_in_deep);
            at_ = make_and_open(shared.deep.get(), own);
            root_ = shared.deep_path + "/" + own;
        } else {
            at_.reset(::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        }
        for (const char* const each : {"lower", "upper", "work"}) {
            const std::string called = role == each ? name : std::string{"the "} + each;
            opened_[each] = make_and_open(at_.get(), called);
            paths_[each] = root_ + "/" + called;
        }
        const ovl::unique_fd file{
            ::openat(opened_["lower"].get(), "seen", O_CREAT | O_WRONLY, 0600)};
        BOOST_REQUIRE(static_cast<bool>(file));
    }

    [[nodiscard]] ovl::mount_options options() const {
        ovl::mount_options made{
            .lowerdir = {source("lower")}, .upperdir = source("upper"), .workdir = source("work")};
        if (form_ == path_form::among_many)
            for (const std::string& each : among_)
                made.lowerdir.emplace_back(each);
        return made;
    }

    [[nodiscard]] const std::string& path(const char* role) const { return paths_.at(role); }
    [[nodiscard]] const ovl::unique_fd& opened(const char* role) const { return opened_.at(role); }

  private:
    [[nodiscard]] ovl::layer_source source(const char* role) const {
        return form_ == path_form::by_descriptor ? ovl::layer_source::of(opened(role).get())
                                                 : ovl::layer_source{path(role)};
    }

    const std::vector<std::string>& among_;
    path_form form_;
    std::string root_;
    ovl::unique_fd at_;
    std::map<std::string, ovl::unique_fd> opened_;
    std::map<std::string, std::string> paths_;
};

/// Whether the kernel was shown the very path: else it was shown a short name for it.
bool shows_paths(const ovl::mounted& how, path_form form) {
    const bool by_name = how.layers_by == "lowerdir" || how.layers_by == "lowerdir+";
    return (by_name && form != path_form::by_descriptor) ||
           how.layers_by == "lowerdir+ by descriptor";
}

/// Mounts a cell, and gives `right`, or the limit by which it was refused. That the file is seen,
/// and that what is made lands in the upper layer, shows that the names were the right ones.
template <class P>
std::string try_cell(const cell& made, const std::string& merged, path_form form,
                     std::map<std::string, int>& ways) {
    const auto mount = ovl::overlay_mount<P>::make_at(made.options(), merged);
    if (!mount.has_value()) {
        BOOST_TEST(!mount.error().explanation.empty(), line_of(mount.error()));
        return "refused: " + mount.error().explanation;
    }
    const ovl::unique_fd root{::openat(mount.value().root(), ".", O_RDONLY | O_DIRECTORY)};
    BOOST_TEST(exists(root, "seen"));
    BOOST_TEST(::mkdirat(root.get(), "made", 0755) == 0);
    BOOST_TEST(exists(made.opened("upper"), "made"));
    BOOST_TEST(exists(made.opened("work"), "work"));
    const ovl::mounted& how = mount.value().how();
    ++ways[std::string{how.through}.append(": ").append(how.layers_by)];
    const auto found = mount.value().effective();
    BOOST_TEST(found.options.lowerdir.size() == made.options().lowerdir.size());
    if (shows_paths(how, form)) {
        BOOST_TEST(found.options.lowerdir.front().path() == made.path("lower"));
        // Up to Linux 6.4 a name with a comma goes, and is shown, as /proc/self/fd/N.
        const bool linked = ovl_test::kernel_is_before(6, 5);
        for (const auto& [shown, right] :
             {std::pair{found.options.upperdir->path(), made.path("upper")},
              std::pair{found.options.workdir->path(), made.path("work")}})
            BOOST_TEST((shown == right || (linked && shown.starts_with("/proc/self/fd/"))),
                       shown << " is not " << right);
    }
    return "right";
}

std::string try_interface(const interface& way, const cell& made, const std::string& merged,
                          std::map<std::string, int>& ways) {
    return with_fitting_policies([&](auto set) {
        using best = decltype(set);
        using xattrs = typename best::xattr_class;
        const std::string backend = way.backend;
        if (backend == "fsopen")
            return try_cell<best>(made, merged, way.form, ways);
        if (backend == "classic")
            return try_cell<ovl::policy_set<xattrs, ovl::classic_mount, ovl::posix_fs>>(
                made, merged, way.form, ways);
        return try_cell<ovl::policy_set<xattrs, ovl::libmount_mount, ovl::posix_fs>>(
            made, merged, way.form, ways);
    });
}

/// What becomes of a mount through an interface. From version 2.39 on libmount has room for few layers, and says so.
std::string expected_of(const interface& way) {
    const bool is_libmount = std::string_view{way.backend} == "libmount";
    return is_libmount && way.form == path_form::among_many &&
                   ovl::libmount_mount::version() >= 2039
               ? "refused: libmount hands all of them to fsconfig(2) as one value, of at most 255 "
                 "bytes; the fsopen backend has no such limit"
               : "right";
}

} // namespace

BOOST_AUTO_TEST_SUITE(mounts)
BOOST_AUTO_TEST_SUITE(interfaces, *test::precondition(ovl_test::needs_overlay{}))

BOOST_AUTO_TEST_CASE(every_name_in_every_role_through_every_interface, *test::timeout(900)) {
    shared_directories shared;
    std::map<std::string, int> all_ways;
    for (const interface& way : all_interfaces) {
        std::map<std::string, int> ways;
        std::string row;
        for (const char* const role : {"lower", "upper", "work"}) {
            std::size_t right = 0;
            for (const name_class& names : name_classes)
                BOOST_TEST_CONTEXT(way.what << ", " << names.what << ", " << role) {
                    const temporary_directory base;
                    const std::string merged = base.make("merged");
                    const cell made{base, shared, way.form, role, names.name};
                    const std::string outcome = try_interface(way, made, merged, ways);
                    BOOST_TEST(outcome == expected_of(way));
                    right += outcome == "right";
                }
            row.append(role).append(" ").append(std::to_string(right)).append(", ");
        }
        // Always printed: which fallback a kernel needs is what this table is for.
        std::printf("mounts through %s: %sof %zu names each;", way.what, row.c_str(),
                    std::size(name_classes));
        for (const auto& [name, count] : ways) {
            std::printf(" %d by %s", count, name.c_str());
            all_ways[name] += count;
        }
        std::printf("\n");
    }
    BOOST_TEST(all_ways["libmount: descriptors"] >= 6);
    BOOST_TEST(all_ways.size() >= 5u);
}

BOOST_AUTO_TEST_CASE(five_hundred_layers_with_long_names_are_read_back_exactly,
                     *test::timeout(120)) {
    const temporary_directory base;
    const std::string merged = base.make("merged");
    ovl::mount_options options;
    for (int i = 0; i != 500; ++i) {
        std::string name = std::to_string(i) + "-";
        name.append(200 - name.size(), static_cast<char>('a' + i % 26));
        options.lowerdir.emplace_back(base.make(name));
    }
    static_cast<void>(base.make_file(options.lowerdir.back().path().substr(base.path().size() + 1) +
                                     "/at-the-bottom"));
    options.upperdir = base.make("upper");
    options.workdir = base.make("work");
    with_fitting_policies([&](auto set) {
        using best = decltype(set);
        const auto mount = required(ovl::overlay_mount<best>::make_at(options, merged));
        std::printf("mounts of 500 layers with names of 200 bytes: by %s\n",
                    std::string{mount.how().layers_by}.c_str());
        BOOST_TEST(::faccessat(mount.root(), "at-the-bottom", F_OK, 0) == 0);
        const auto found = mount.effective();
        BOOST_REQUIRE(found.options.lowerdir.size() == 500u);
        if (shows_paths(mount.how(), path_form::as_it_is))
            BOOST_TEST((found.options.lowerdir == options.lowerdir));
        BOOST_TEST(mount.requested_but_not_effective().empty());
    });
    with_fitting_policies([&](auto set) {
        using classic =
            ovl::policy_set<typename decltype(set)::xattr_class, ovl::classic_mount, ovl::posix_fs>;
        char before[4096];
        BOOST_REQUIRE(::getcwd(before, sizeof before) != nullptr);
        const auto mount = required(ovl::overlay_mount<classic>::make_at(options, merged));
        BOOST_TEST(mount.how().layers_by == "descriptor numbers");
        BOOST_TEST(::faccessat(mount.root(), "at-the-bottom", F_OK, 0) == 0);
        BOOST_TEST(mount.effective().options.lowerdir.size() == 500u);
        char after[4096];
        BOOST_REQUIRE(::getcwd(after, sizeof after) != nullptr);
        BOOST_TEST(std::string{before} == after);
    });
}

BOOST_AUTO_TEST_CASE(what_libmount_would_mistake_depends_on_its_version) {
    BOOST_TEST(ovl::libmount_mount::version() >= 2033);
    for (const int version : {2038, 2039, 2041}) {
        BOOST_TEST(ovl::libmount_mount::mangles(version, "/a\"b"));
        BOOST_TEST(!ovl::libmount_mount::mangles(version, "/a b#%='"));
        BOOST_TEST(ovl::libmount_mount::mangles(version, "/a,b") == (version > 2038));
        BOOST_TEST(ovl::libmount_mount::mangles(version, "/a\\b") == (version > 2038));
    }
}

BOOST_AUTO_TEST_CASE(what_the_kernel_would_truncate_is_never_sent) {
    const ovl_test::layers_fixture layers;
    auto options = layers.writable();
    options.others.push_back({"context", std::string(5000, 'x')});
    with_fitting_policies([&](auto set) {
        using classic =
            ovl::policy_set<typename decltype(set)::xattr_class, ovl::classic_mount, ovl::posix_fs>;
        const auto refused = ovl::overlay_mount<classic>::make_at(options, layers.merged);
        BOOST_REQUIRE(!refused.has_value());
        BOOST_TEST(refused.error().error_number == E2BIG);
        BOOST_TEST(refused.error().explanation.find("4095") != std::string::npos,
                   line_of(refused.error()));
        if (!ovl::fsopen_mount::available())
            return;
        const auto too_long = ovl::overlay_mount<decltype(set)>::make_at(options, layers.merged);
        BOOST_REQUIRE(!too_long.has_value());
        BOOST_TEST(too_long.error().error_number == ENAMETOOLONG);
        BOOST_TEST(too_long.error().explanation.find("255") != std::string::npos,
                   line_of(too_long.error()));
    });
}

// What a kernel before lowerdir+ is given, on this one: the mount is made by mount(2) and taken out
// of the private namespace.
BOOST_AUTO_TEST_CASE(a_mount_of_mount_2_can_be_detached) {
    if (!ovl::fsopen_mount::available())
        return;
    const ovl_test::layers_fixture layers;
    with_fitting_policies([&](auto set) {
        const std::vector<ovl::layer> lower{{.path = layers.lower2}, {.path = layers.lower1}};
        const ovl::mount_options options{.userxattr = decltype(set)::xattr_class::userxattr};
        const auto parameters = options.parameters();
        const auto made =
            ovl::detail::mount_classic_detached({.lower = lower,
                                                 .upper = ovl::layer{.path = layers.upper},
                                                 .work = ovl::layer{.path = layers.work},
                                                 .parameters = parameters});
        BOOST_REQUIRE_MESSAGE(made.has_value(), (made.has_value() ? "" : line_of(made.error())));
        BOOST_TEST(!made.value().attached);
        BOOST_TEST(exists(made.value().root, "one"));
        BOOST_TEST(::mkdirat(made.value().root.get(), "new", 0755) == 0);
        BOOST_TEST(::faccessat(AT_FDCWD, (layers.upper + "/new").c_str(), F_OK, 0) == 0);
        ovl::owned_mount owned{
            {.root = ovl::unique_fd{::fcntl(made.value().root.get(), F_DUPFD_CLOEXEC, 0)}}};
        const auto attached = ovl::attach(owned, layers.merged);
        BOOST_REQUIRE_MESSAGE(attached.has_value(),
                              (attached.has_value() ? "" : line_of(attached.error())));
        BOOST_TEST(::faccessat(AT_FDCWD, (layers.merged + "/one").c_str(), F_OK, 0) == 0);
    });
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
