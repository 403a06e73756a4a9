// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <ovl/core/unique_fd.hpp>

#include "support/temporary_directory.hpp"

#include <boost/test/unit_test.hpp>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <unistd.h>

namespace ovl_test {

/// Mounts a filesystem, acts and unmounts it, 50 times over: how often it lived on, in somebody else's namespace.
template <class Act>
[[nodiscard]] int times_kept_busy(Act act) {
    const temporary_directory base;
    const ovl::unique_fd events{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
    BOOST_REQUIRE(static_cast<bool>(events));
    int kept = 0;
    for (int round = 0; round < 50; ++round) {
        BOOST_REQUIRE(::mount("ovl-tests", base.path().c_str(), "tmpfs", 0, nullptr) == 0);
        // IN_UNMOUNT, then IN_IGNORED, come with the last mount of the filesystem.
        const int watch = ::inotify_add_watch(events.get(), base.path().c_str(), IN_DELETE_SELF);
        BOOST_REQUIRE(watch >= 0);
        act();
        BOOST_REQUIRE(::umount2(base.path().c_str(), 0) == 0);
        alignas(inotify_event) char heard[1024];
        kept += ::read(events.get(), heard, sizeof heard) > 0 ? 0 : 1;
        ::inotify_rm_watch(events.get(), watch);
        while (::read(events.get(), heard, sizeof heard) > 0) {
        }
    }
    return kept;
}

} // namespace ovl_test
