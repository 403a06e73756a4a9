// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "support/faulty_fs.hpp"
#include "support/recording_fs.hpp"
#include "support/scripted_fs.hpp"

#include <ovl/policy/posix_fs.hpp>

#include <type_traits>

namespace {

struct rename_gives_errno : ovl::posix_fs {
    [[nodiscard]] int rename(int, const char*, const char*, unsigned) const;
};
struct cannot_lock : ovl::posix_fs {
  private:
    using ovl::posix_fs::lock;
};
struct needs_to_be_changed : ovl::posix_fs {
    [[nodiscard]] ovl::result<void> lock(int);
};
struct gives_a_bare_descriptor : ovl::posix_fs {
    [[nodiscard]] ovl::result<int> open_within(int, const char*) const;
};

} // namespace

static_assert(ovl::filesystem_operations<ovl::posix_fs>);
static_assert(ovl::filesystem_operations<ovl_test::recording_fs<>>);
static_assert(ovl::filesystem_operations<ovl_test::faulty_fs<>>);
static_assert(ovl::filesystem_operations<ovl_test::recording_fs<ovl_test::faulty_fs<>>>);
static_assert(ovl::filesystem_operations<ovl_test::scripted_fs>);
static_assert(!ovl::filesystem_operations<rename_gives_errno>);
static_assert(!ovl::filesystem_operations<cannot_lock>);
static_assert(!ovl::filesystem_operations<needs_to_be_changed>);
static_assert(!ovl::filesystem_operations<gives_a_bare_descriptor>);
static_assert(!ovl::filesystem_operations<int>);

static_assert(std::is_empty_v<ovl::posix_fs>);
