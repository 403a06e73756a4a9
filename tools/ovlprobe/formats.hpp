// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include "outcome.hpp"

#include <ctime>
#include <string>

namespace ovlprobe {

/// How text may look where it goes.
struct style {
    bool colour = false;
    /// Whether it may hold more than ASCII.
    bool unicode = true;
    std::size_t width = 100;
};

[[nodiscard]] std::string text_of(const findings& found, const style& look);
/// Schema 1, see schema/ovlprobe-1.schema.json.
[[nodiscard]] std::string json_of(const findings& found);
/// A feature file of node-feature-discovery's local source, of one directory. What could not be
/// told has no label. After `expires`, in seconds of the epoch, the labels are void.
[[nodiscard]] std::string nfd_of(const findings& found, std::time_t expires);
/// A file for node_exporter's textfile collector.
[[nodiscard]] std::string prometheus_of(const findings& found);
/// The mount options for a container's root, one line a directory; empty where none are known.
[[nodiscard]] std::string recommendations_of(const findings& found);

/// The capabilities, one a line.
[[nodiscard]] std::string list_of_capabilities(const style& look);
/// What one capability means for a runtime.
[[nodiscard]] std::string explanation_of(ovl::capability which, const style& look);

} // namespace ovlprobe
