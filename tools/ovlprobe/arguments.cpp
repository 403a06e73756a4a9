// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "arguments.hpp"

#include "nearest.hpp"
#include "plain_text.hpp"
#include "status.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <ovl/mount/option_string.hpp>
#include <ovlprobe/version.hpp>
#include <range/v3/action/sort.hpp>
#include <range/v3/action/unique.hpp>
#include <range/v3/algorithm/find.hpp>
#include <stdexcept>

namespace ovlprobe {

namespace {

/// What is wrong with the command line, in one line.
struct usage_error : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// The options as they are typed, before they are checked.
struct raw_arguments {
    std::string format = "text";
    std::string mode = "auto";
    std::string backend = "auto";
    std::string colour = "auto";
    std::string extra{};
    std::string require{};
    std::string only{};
    std::string explain{};
    std::string output{};
    double timeout = 10;
    double every = 0;
};

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> items;
    std::size_t from = 0;
    while (from <= list.size()) {
        const std::size_t end = std::min(list.find(',', from), list.size());
        if (end != from)
            items.push_back(list.substr(from, end - from));
        from = end + 1;
    }
    return items;
}

ovl::capability capability_named(std::string_view option, const std::string& key) {
    if (const auto found = ovl::find_capability(key); found.has_value())
        return *found;
    std::vector<std::string> keys;
    for (const ovl::capability_text& text : ovl::capability_texts())
        keys.emplace_back(text.key);
    throw usage_error(fmt::format("{}: unknown capability '{}'{} (--list shows all)", option,
                                  printable(key), suggestion(key, keys)));
}

std::vector<requirement> read_requirements(const std::string& list) {
    std::vector<requirement> required;
    for (const std::string& item : split(list)) {
        const bool negated = item.front() == '!';
        required.push_back({capability_named("--require", item.substr(negated ? 1 : 0)),
                            negated ? ovl::answer::no : ovl::answer::yes});
    }
    return required;
}

/// --only and what --require adds to it; everything where --only is not there.
std::vector<ovl::capability> read_asked(const std::string& only,
                                        const std::vector<requirement>& required) {
    std::vector<ovl::capability> asked;
    for (const std::string& key : split(only))
        asked.push_back(capability_named("--only", key));
    if (asked.empty())
        for (const ovl::capability_text& text : ovl::capability_texts())
            asked.push_back(text.which);
    for (const requirement& one : required)
        asked.push_back(one.which);
    return std::move(asked) | ranges::actions::sort | ranges::actions::unique;
}

std::chrono::milliseconds read_seconds(std::string_view option, double seconds) {
    // A day is more than any filesystem takes, and keeps the arithmetic in range.
    if (!(seconds > 0 && seconds <= 86'400))
        throw usage_error(
            fmt::format("{}: {} is not between 0 and 86400 seconds", option, seconds));
    return std::chrono::milliseconds{std::max(1L, static_cast<long>(seconds * 1000))};
}

/// Options of the runtime's own; the layers are the probes' affair.
ovl::mount_options read_extra_options(const std::string& text) {
    auto options = ovl::parse_mount_options(text);
    if (!options.has_value())
        throw usage_error(fmt::format("-o: '{}': {}", printable(options.error().subject),
                                      printable(options.error().explanation)));
    const ovl::mount_options& read = options.value();
    if (!read.lowerdir.empty() || !read.datadir.empty() || read.upperdir || read.workdir)
        throw usage_error("-o: the layers are made by ovlprobe itself; leave lowerdir, upperdir, "
                          "workdir and the like out");
    return read;
}

/// The place of a checked word in the list of those that are allowed.
template <class Enumeration>
Enumeration chosen(const std::string& word, const std::vector<std::string>& words) {
    return static_cast<Enumeration>(ranges::find(words, word) - words.begin());
}

const std::vector<std::string> formats{"text", "json", "nfd", "prometheus"};
const std::vector<std::string> modes{"auto", "rootful", "rootless"};
const std::vector<std::string> backends{"auto", "fsopen", "classic", "libmount"};
const std::vector<std::string> colours{"auto", "always", "never"};

void declare(CLI::App& app, raw_arguments& raw, arguments& read) {
    const auto word = [&](const char* name, std::string& value, const char* help,
                          const std::vector<std::string>& words) {
        app.add_option(name, value, help)->check(CLI::IsMember(words))->default_str(value);
    };
    app.add_option("DIR", read.directories, "The directories to ask about (default: .)");
    word("--format", raw.format, "How the answers are written", formats);
    word("--mode", raw.mode, "As which kind of runtime to ask", modes);
    word("--backend", raw.backend, "The interface to mount through", backends);
    app.add_option("-o", raw.extra, "Mount options of the runtime's own, as mount(8) takes them")
        ->join(',')
        ->type_name("OPTIONS");
    app.add_option("--require", raw.require,
                   "Exit with 1 where one is no; !STATE where it must be no")
        ->join(',')
        ->type_name("CAP,!STATE");
    app.add_option("--only", raw.only, "Ask these alone")->join(',')->type_name("CAP,CAP");
    app.add_flag("--no-mount", read.no_mount, "Mount nothing and write nothing");
    app.add_flag("--force", read.force, "Probe filesystems on which probing has panicked kernels");
    app.add_option("--timeout", raw.timeout, "Give a directory up after so long")
        ->type_name("SECONDS")
        ->default_str("10");
    app.add_flag("--recommend", read.recommend, "Print the mount options for a container's root");
    app.add_option("--output", raw.output, "Write to FILE, which appears complete or not at all")
        ->type_name("FILE");
    app.add_option("--every", raw.every, "Ask again so often and write FILE anew, for ever")
        ->type_name("SECONDS");
    app.add_flag("--quiet", read.quiet, "Print no answers: the exit status tells");
    word("--color", raw.colour, "Colour the text", colours);
    app.add_flag("--list", read.list, "List the capabilities");
    app.add_option("--explain", raw.explain, "What a capability means for a runtime")
        ->type_name("CAP");
    app.set_version_flag("--version", fmt::format("ovlprobe {}", version));
    app.footer(
        "Exit status: 0 fine; 1 something required is no; 2 wrong usage, or a DIR is missing; "
        "3 something required could not be told, or nothing could be answered.");
}

void check_options(const CLI::App& app) {
    std::vector<std::string> known;
    for (const CLI::Option* option : app.get_options())
        for (const std::string& name : option->get_lnames())
            known.push_back("--" + name);
    for (const std::string& extra : app.remaining()) {
        // The mark before directories that begin with a hyphen stays there too; one called so does not.
        if (extra == "--")
            continue;
        throw usage_error(fmt::format("unknown option '{}'{} (--help shows all)", printable(extra),
                                      suggestion(extra, known)));
    }
}

/// An empty value is a slip (an unset variable of a script), and would else mean "as if not given".
void check_values(const CLI::App& app) {
    for (const char* name : {"--require", "--only", "--explain", "--output"}) {
        const CLI::Option* const option = app.get_option(name);
        if (option->count() != 0 &&
            option->as<std::string>().find_first_not_of(',') == std::string::npos)
            throw usage_error(
                fmt::format("{}: is empty; it takes {}", name, option->get_type_name()));
    }
}

void check(const CLI::App& app, const raw_arguments& raw, arguments& read) {
    read.as = chosen<format>(raw.format, formats);
    read.mode = chosen<mode_choice>(raw.mode, modes);
    read.backend = chosen<backend_kind>(raw.backend, backends);
    read.colour = chosen<colour_choice>(raw.colour, colours);
    if (read.backend == backend_kind::libmount && !has_libmount)
        throw usage_error("--backend libmount: this ovlprobe was built without libmount");
    read.timeout = read_seconds("--timeout", raw.timeout);
    if (app.count("--every") != 0)
        read.every = read_seconds("--every", raw.every);
    if (read.every.has_value() && raw.output.empty())
        throw usage_error("--every: what is written again and again needs a file; name one with "
                          "--output");
    read.required = read_requirements(raw.require);
    read.asked = read_asked(raw.only, read.required);
    read.chosen = !raw.only.empty();
    if (!raw.explain.empty())
        read.explain = capability_named("--explain", raw.explain);
    if (!raw.output.empty())
        read.output = raw.output;
    read.extra = read_extra_options(raw.extra);
    if (read.directories.empty())
        read.directories.emplace_back(".");
    if (read.as == format::nfd && read.directories.size() > 1)
        throw usage_error(fmt::format("--format nfd: labels are of one directory, and {} are named",
                                      read.directories.size()));
    if (read.recommend && (read.as == format::nfd || read.as == format::prometheus))
        throw usage_error("--recommend: goes with --format text or json");
}

int complain(std::string_view what) {
    fmt::print(stderr, "ovlprobe: {}\n", what);
    return wrong_usage;
}

} // namespace

std::variant<arguments, int> parse_arguments(int argc, char** argv) {
    CLI::App app{"What overlayfs can do in a directory, found by trying it.", "ovlprobe"};
    raw_arguments raw;
    arguments read;
    declare(app, raw, read);
    app.allow_extras();
    try {
        app.parse(argc, argv);
        check_options(app);
        check_values(app);
        check(app, raw, read);
        return read;
    } catch (const CLI::Success& asked_for) {
        return app.exit(asked_for);
    } catch (const CLI::ParseError& error) {
        return complain(error.what());
    } catch (const usage_error& error) {
        return complain(error.what());
    }
}

} // namespace ovlprobe
