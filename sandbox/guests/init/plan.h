// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour
#pragma once

#include "step.h"

#include <map>
#include <string>
#include <vector>

namespace guest {

/// What the guest is to do: pairs of key and value, each ended by a NUL, as `run-in` wrote them. A key may come several times.
class plan {
public:
  /// Reads the plan; ends the guest with a message where `path` cannot be read.
  explicit plan(const char* path) {
    const std::string text = read_file(path);
    std::size_t at = 0;
    auto next = [&] {
      const std::size_t end = text.find('\0', at);
      if (end == std::string::npos) give_up("the plan ends in the middle of a record");
      std::string field = text.substr(at, end - at);
      at = end + 1;
      return field;
    };
    while (at < text.size()) {
      std::string key = next();
      values_[key].push_back(next());
    }
  }

  /// Every value of `key`, in the order given; none where it did not come.
  const std::vector<std::string>& all(const std::string& key) const {
    static const std::vector<std::string> none;
    const auto found = values_.find(key);
    return found == values_.end() ? none : found->second;
  }

  /// The one value of `key`, or the empty string.
  std::string one(const std::string& key) const { return all(key).empty() ? std::string() : all(key).front(); }

private:
  std::map<std::string, std::vector<std::string>> values_;
};

} // namespace guest
