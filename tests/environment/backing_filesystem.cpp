// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/backing_filesystem.hpp>

#include "support/faulty_fs.hpp"
#include "support/mounted_directory.hpp"
#include "support/print.hpp"
#include "support/scripted_fs.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <fcntl.h>
#include <set>

using boost::unit_test::precondition;

namespace {

ovl::backing_filesystem read_at(const std::string& path) {
    const ovl::unique_fd fd{::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
    const auto found = ovl::read_backing_filesystem(ovl::posix_fs{}, fd.get());
    BOOST_REQUIRE(found.has_value());
    return found.value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(backing_filesystem)

BOOST_AUTO_TEST_CASE(every_magic_number_has_one_name) {
    std::set<std::uint32_t> magics;
    std::set<std::string_view> names;
    for (const ovl::filesystem_type& known : ovl::filesystem_types) {
        BOOST_TEST(magics.insert(known.magic).second, known.name);
        BOOST_TEST(names.insert(known.name).second, known.name);
        BOOST_TEST(ovl::identify(known.magic, false).type == known.name);
        BOOST_TEST((ovl::identify(known.magic, true).kind == known.kind));
    }
}

BOOST_AUTO_TEST_CASE(what_has_no_name_is_unknown_and_ordinary) {
    const ovl::backing_filesystem found = ovl::identify(0x12345678, true);
    BOOST_TEST(found.type == "unknown");
    BOOST_TEST(found.magic == 0x12345678u);
    BOOST_TEST(found.read_only);
    BOOST_TEST((found.kind == ovl::filesystem_class::ordinary));
    BOOST_TEST(!found.is_overlay());
}

BOOST_AUTO_TEST_CASE(those_that_panicked_kernels_are_dangerous) {
    BOOST_TEST((ovl::identify(0x47504653, false).kind == ovl::filesystem_class::dangerous));
    BOOST_TEST((ovl::identify(0x6969, false).kind == ovl::filesystem_class::remote_or_special));
    BOOST_TEST(ovl::identify(0x794C7630, false).is_overlay());
}

BOOST_AUTO_TEST_CASE(is_read_through_the_policies) {
    const ovl_test::script answers{.magic = 0xFE534D42, .read_only = true};
    const auto found = ovl::read_backing_filesystem(ovl_test::scripted_fs{&answers}, 3);
    BOOST_REQUIRE(found.has_value());
    BOOST_TEST(found.value().type == "smb2", "a magic number with the highest bit set");
    BOOST_TEST(found.value().read_only);
}

BOOST_AUTO_TEST_CASE(a_failure_is_told_with_its_step) {
    ovl_test::fault injected{.error_number = EIO};
    const auto found = ovl::read_backing_filesystem(ovl_test::faulty_fs<>{{&injected}}, 0);
    BOOST_REQUIRE(!found.has_value());
    BOOST_TEST(found.error().error_number == EIO);
    BOOST_TEST(found.error().where == ovl::step::read_facts);
}

BOOST_AUTO_TEST_CASE(proc_is_proc) {
    BOOST_TEST(read_at("/proc").type == "proc");
}

BOOST_AUTO_TEST_CASE(real_ones_are_named, *precondition(ovl::sandbox::needs_sandbox{})) {
    const ovl_test::mounted_directory tmpfs{"tmpfs", nullptr};
    const ovl_test::mounted_directory ramfs{"ramfs", nullptr};
    BOOST_TEST(read_at(tmpfs.path()).type == "tmpfs");
    BOOST_TEST(!read_at(tmpfs.path()).read_only);
    BOOST_TEST(read_at(ramfs.path()).type == "ramfs");
    const auto read_only = ovl_test::mounted_directory::read_only(tmpfs.path());
    BOOST_TEST(read_at(read_only.path()).read_only, "a read-only bind mount");
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
