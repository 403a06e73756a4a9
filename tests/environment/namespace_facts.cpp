// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include <ovl/environment/namespace_facts.hpp>

#include <boost/test/unit_test.hpp>
#include <ovl/sandbox/child.hpp>
#include <thread>

BOOST_AUTO_TEST_SUITE(environment)
BOOST_AUTO_TEST_SUITE(namespace_facts)

BOOST_AUTO_TEST_CASE(an_id_is_looked_for_in_every_range) {
    constexpr std::string_view map = "0 1000 1\n1 100000 65536";
    BOOST_TEST(ovl::detail::maps_id(map, 0));
    BOOST_TEST(ovl::detail::maps_id(map, 65536));
    BOOST_TEST(!ovl::detail::maps_id(map, 65537));
    BOOST_TEST(ovl::detail::maps_id("0 0 4294967295", 65534));
    BOOST_TEST(!ovl::detail::maps_id("0 1000 1", 1000));
    BOOST_TEST(!ovl::detail::maps_id("", 0));
}

BOOST_AUTO_TEST_CASE(a_status_field_is_found_by_its_whole_name) {
    constexpr std::string_view status = "Name:\tx\nThreads:\t7\nSeccomp:\t2\nSeccomp_filters:\t1\n"
                                        "CapEff:\t000001ffffffffff\n";
    BOOST_TEST(ovl::detail::status_field(status, "Threads") == 7u);
    BOOST_TEST(ovl::detail::status_field(status, "Seccomp") == 2u);
    BOOST_TEST(ovl::detail::status_field(status, "CapEff", 16) == 0x1ffffffffffu);
    BOOST_TEST(ovl::detail::status_field(status, "NoNewPrivs") == 0u);
}

BOOST_AUTO_TEST_CASE(the_mount_point_of_the_root_is_told_from_the_root_of_a_mount) {
    BOOST_TEST(ovl::detail::has_root_mount("22 27 0:21 / /proc rw - proc proc rw\n"
                                           "27 1 254:0 /sub / rw,relatime - ext4 /dev/vda rw\n"));
    BOOST_TEST(!ovl::detail::has_root_mount("22 27 0:21 / /proc rw - proc proc rw\n"));
    BOOST_TEST(!ovl::detail::has_root_mount("\nshort\n"));
    BOOST_TEST(!ovl::detail::has_root_mount(""));
}

BOOST_AUTO_TEST_CASE(threads_are_counted) {
    const auto ended = ovl::sandbox::run_in_child([] {
        const unsigned alone = ovl::read_namespace_facts().threads;
        unsigned together = 0;
        std::thread{[&] { together = ovl::read_namespace_facts().threads; }}.join();
        return alone == 1 && together > alone ? 0 : 1;
    });
    BOOST_REQUIRE(ended.has_value());
    BOOST_TEST(ended.value().exited_with(0), ended.value().describe());
}

BOOST_AUTO_TEST_CASE(an_ordinary_process_is_not_taken_for_a_special_one) {
    const ovl::namespace_facts facts = ovl::read_namespace_facts();
    BOOST_TEST(facts.proc_mounted);
    BOOST_TEST(facts.user_namespaces);
    BOOST_TEST(facts.ids_mapped);
    BOOST_TEST(facts.dumpable);
    BOOST_TEST(!facts.chrooted);
}

BOOST_AUTO_TEST_SUITE_END()
BOOST_AUTO_TEST_SUITE_END()
