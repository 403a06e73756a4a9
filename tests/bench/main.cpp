// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-bench: what the library costs beside the floor and beside the peers, as a table of ratios with their
// targets, as JSON and as a picture. Exit status 1 where a ratio passes its guard.

#include "command.hpp"
#include "picture.hpp"
#include "settings.hpp"
#include "table.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <sys/utsname.h>
#include <unistd.h>
#include <vector>

namespace {

using nlohmann::json;
using ovl_bench::group;
using ovl_bench::outcome;
using ovl_bench::run_command;
using ovl_bench::spread_of;
using ovl_bench::table;
namespace settings = ovl_bench::settings;

struct wishes {
    std::vector<std::string> types{"ext4", "tmpfs", "xfs", "btrfs"};
    int rounds = 15;
    bool no_dirty = false;
    std::string json_file = settings::build_directory + std::string{"/bench.json"};
    std::string picture_file = settings::build_directory + std::string{"/bench.svg"};
};

/// A mount point for the measurements, each of which mounts on it in a namespace of its own.
class mount_point {
  public:
    mount_point() {
        if (::mkdtemp(path_.data()) == nullptr) {
            std::perror(path_.c_str());
            std::exit(2);
        }
    }
    ~mount_point() { ::rmdir(path_.c_str()); }
    mount_point(const mount_point&) = delete;
    mount_point& operator=(const mount_point&) = delete;
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

  private:
    std::string path_ = "/tmp/ovl-bench-XXXXXX";
};

std::string program(const std::string& name) {
    const std::string path = settings::program_directory + ("/" + name);
    return ::access(path.c_str(), X_OK) == 0 ? path : "-";
}

std::string load_average() {
    std::ifstream file{"/proc/loadavg"};
    std::string first;
    file >> first;
    return first;
}

json measure(const wishes& wanted, const std::string& type, const std::string& at,
             const std::string& mode, bool dirty) {
    std::fprintf(stderr, "ovl-bench: %s, %s%s\n", type.c_str(), mode.c_str(),
                 dirty ? ", over dirty data" : "");
    std::vector<std::string> command{
        program("ovl-bench-measure"),
        type,
        at,
        mode,
        std::to_string(dirty ? (wanted.rounds + 2) / 3 : wanted.rounds),
        program("ovlprobe"),
        program("ovl-bench-peers")};
    if (dirty)
        command.emplace_back("dirty");
    const std::string load = load_average();
    const outcome ended = run_command(command);
    json found = json::parse(ended.output, nullptr, false);
    if (!ended.succeeded() || found.is_discarded())
        return {{"refused", fmt::format("the measurement ended with status {}", ended.status)}};
    found["load"] = load;
    return found;
}

/// What a program prints as JSON; or why there is none.
json run_json(const std::vector<std::string>& command) {
    std::fprintf(stderr, "ovl-bench: %s\n", std::filesystem::path{command[0]}.filename().c_str());
    const outcome ended = run_command(command);
    json found = json::parse(ended.output, nullptr, false);
    if (!ended.succeeded() || found.is_discarded())
        return {{"refused", fmt::format("exit status {}", ended.status)}};
    return found;
}

json run_google_benchmark(std::vector<std::string> command) {
    command.insert(command.end(), {"--benchmark_format=json", "--benchmark_min_time=0.02"});
    return run_json(command);
}

void add_place(table& rows, const std::string& type, const std::string& mode, const json& found) {
    const bool targeted = mode == "rootful" && (type == "ext4" || type == "tmpfs");
    const auto where = fmt::format("{}, {}: ", type, mode);
    const auto only = [&](double most) { return targeted ? std::optional{most} : std::nullopt; };
    rows.add_ratio(where + "pair / the same calls by hand", found, "pair", "floor", 1.10, 1.5);
    rows.add_ratio(where + "pair / containers/storage's two checks", found, "pair-beside-peers",
                   "storage-pair", only(0.5), only(1.0));
    rows.add_ratio(where + "pair / moby's native diff check alone", found, "pair-beside-peers",
                   "moby-native-diff", {}, {});
    rows.add_ratio(where + "survey / containers/storage's two checks", found, "survey",
                   "storage-pair", type == "ext4" ? only(1.0) : std::nullopt, {});
    rows.add_ratio(where + "survey / containers/storage's Init", found, "survey", "storage-init",
                   {}, {});
    rows.add_ratio(where + "ovlprobe / a process with containers/storage's Init", found,
                   "ovlprobe process", "storage-init process",
                   type == "ext4" ? only(0.5) : std::nullopt, {});
}

/// The dearest of the probes beside its own calls made again.
void add_replays(table& rows, const std::string& mode, const json& found) {
    const auto samples = found.value("samples", json::object());
    ovl_bench::row dearest{
        .name = fmt::format("tmpfs, {}: each probe alone / its calls made again", mode),
        .target = 1.10,
        .guard = 1.5,
        .skipped = "not measured"};
    for (const auto& [name, values] : samples.items()) {
        constexpr std::string_view suffix = ": its calls";
        if (!name.ends_with(suffix))
            continue;
        const std::string probe = name.substr(0, name.size() - suffix.size());
        table one;
        one.add_ratio(probe, found, probe, name, {}, {});
        const auto& ratio = one.rows().front();
        if (ratio.measured &&
            (!dearest.measured || ratio.measured->median > dearest.measured->median)) {
            dearest.name =
                fmt::format("tmpfs, {}: dearest probe ({}) / its calls made again", mode, probe);
            dearest.measured = ratio.measured;
        }
    }
    rows.add(std::move(dearest));
}

void add_dirty(table& rows, const json& dirty) {
    for (const char* const check : {"storage-init", "moby-init", "containerd-supported"})
        rows.add_ratio(fmt::format("ext4, 1 GiB dirty: pair / {}", check), dirty,
                       "pair-beside-peers", check, 0.01, 0.1);
    rows.add_ratio("ext4, 1 GiB dirty: survey / storage-init", dirty, "survey", "storage-init", {},
                   {});
    rows.add_ratio("ext4: pair over 1 GiB dirty / pair over none", dirty, "pair-dirty",
                   "pair-quiet", 2.0, 10.0);
}

/// The library's mounting beside the same calls by hand, and how it grows with the layers.
void add_mounts(table& rows, const json& found) {
    for (const char* const layers : {"1 layers", "10 layers", "100 layers", "500 layers"}) {
        const std::string by_hand = std::string{"by hand, "} + layers;
        rows.add_ratio(std::string{"mount and unmount by typed options / by hand, "} + layers,
                       found, std::string{"typed, "} + layers, by_hand, 1.1, 2.0);
    }
    // Five times the layers.
    rows.add_ratio("mount and unmount by typed options, 500 layers / 100 layers", found,
                   "typed, 500 layers", "typed, 100 layers", 5.5, 8.0);
}

void add_memory(table& rows, const json& found) {
    const auto samples = found.value("samples", json::object());
    ovl_bench::row made{
        .name = "ovlprobe: peak memory of a process", .target = 6, .guard = 12, .unit = "MiB"};
    if (samples.contains("ovlprobe peak KiB")) {
        auto values = samples["ovlprobe peak KiB"].get<std::vector<double>>();
        for (double& each : values)
            each /= 1024;
        made.measured = spread_of(std::move(values));
    } else {
        made.skipped = "not measured";
    }
    rows.add(std::move(made));
}

void add_size(table& rows) {
    ovl_bench::row made{
        .name = "ovlprobe: static and stripped", .target = 2.5, .guard = 4, .unit = "MiB"};
    std::error_code missing;
    const auto bytes = std::filesystem::file_size(settings::static_ovlprobe, missing);
    if (missing)
        made.skipped = "build it first: cmake --preset static && cmake --build build/static";
    else
        made.measured = spread_of({static_cast<double>(bytes) / (1 << 20)});
    rows.add(std::move(made));
}

void add_calls(table& rows, const std::string& at) {
    ovl_bench::row made{.name = "system calls of the pair", .target = 60, .guard = 60};
    const outcome ended = run_command({program("ovl-bench-calls"), at, "60"});
    if (const double calls = std::atof(ended.output.c_str()); calls > 0)
        made.measured = spread_of({calls});
    else
        made.skipped = ended.output;
    rows.add(std::move(made));
}

void add_include_cost(table& rows) {
    const std::vector<std::pair<std::string, double>> headers{{"ovl/probe/native_diff.hpp", 1.3},
                                                              {"ovl/ovl.hpp", 2.0}};
    std::string names;
    for (const auto& [header, target] : headers)
        names.append(header).append(" ");
    const outcome ended =
        run_command({"bash", settings::include_cost_check, "--exact", names, settings::compiler,
                     std::string{"@"} + settings::compiler_flags},
                    true);
    for (const auto& [header, target] : headers) {
        ovl_bench::row made{.name = "parsing <" + header + "> / <filesystem>",
                            .target = target,
                            .guard = target * 2};
        std::smatch matched;
        const std::regex line{header + ": [0-9]+ ms, ([0-9]+)%"};
        if (std::regex_search(ended.output, matched, line))
            made.measured = spread_of({std::atof(matched[1].str().c_str()) / 100});
        else
            made.skipped = "the compiler's flags are written where tests are configured";
        rows.add(std::move(made));
    }
}

void print_times(const std::string& title, const json& found) {
    fmt::print("\n{}{}\n", title,
               found.contains("load") ? ", load average " + found["load"].get<std::string>() : "");
    const auto samples = found.value("samples", json::object());
    for (const auto& [name, values] : samples.items()) {
        if (name.ends_with("KiB"))
            continue;
        const auto each = spread_of(values.get<std::vector<double>>());
        fmt::print("  {:<40} {:>12.1f} us  ({:.1f} - {:.1f})\n", name, each.median / 1000,
                   each.low / 1000, each.high / 1000);
    }
    const auto skipped = found.value("skipped", json::object());
    for (const auto& [name, why] : skipped.items())
        fmt::print("  {:<40} skipped: {}\n", name, why.get<std::string>());
    if (found.contains("refused"))
        fmt::print("  skipped: {}\n", found["refused"].get<std::string>());
}

void print_benchmarks(const std::string& title, const json& report) {
    fmt::print("\n{}\n", title);
    if (report.contains("refused"))
        fmt::print("  skipped: {}\n", report["refused"].get<std::string>());
    for (const auto& each : report.value("benchmarks", json::array()))
        // A fit over the sizes has no time of its own.
        if (each.value("run_type", "") == "aggregate")
            continue;
        else if (each.value("error_occurred", false))
            fmt::print("  {:<40} {}\n", each["name"].get<std::string>(),
                       each.value("error_message", ""));
        else
            fmt::print("  {:<40} {:>12.1f} {}\n", each["name"].get<std::string>(),
                       each["real_time"].get<double>(), each["time_unit"].get<std::string>());
}

/// What the picture shows of one measurement.
group bars_of(const std::string& title, const json& found) {
    group made{.title = title};
    const std::vector<std::pair<std::string, std::string>> shown{
        {"floor", "the same calls by hand"},
        {"pair-beside-peers", "ovl: native diff and metacopy"},
        {"survey", "ovl: every probe"},
        {"storage-pair", "containers/storage: the two checks"},
        {"storage-init", "containers/storage: Init"},
        {"moby-native-diff", "moby: native diff alone"},
        {"moby-init", "moby: Init"},
        {"containerd-supported", "containerd: Supported"}};
    const auto samples = found.value("samples", json::object());
    for (const auto& [key, name] : shown)
        if (samples.contains(key))
            made.bars.push_back({name,
                                 spread_of(samples[key].get<std::vector<double>>()).median / 1000,
                                 name.starts_with("ovl")});
    return made;
}

bool write(const std::string& file, const std::string& text) {
    std::ofstream out{file};
    out << text;
    out.flush();
    if (!out)
        std::fprintf(stderr, "ovl-bench: cannot write '%s'\n", file.c_str());
    return out.good();
}

int bench(const wishes& wanted) {
    const mount_point at;
    table rows;
    json all{{"schema", 1}};
    utsname system{};
    ::uname(&system);
    all["kernel"] = system.release;
    for (const std::string mode : {"rootful", "rootless"})
        for (const std::string& type : wanted.types)
            all["places"][type + ", " + mode] = measure(wanted, type, at.path(), mode, false);
    if (!wanted.no_dirty)
        all["places"]["ext4, 1 GiB dirty"] = measure(wanted, "ext4", at.path(), "rootful", true);
    const std::string mode = ::geteuid() == 0 ? "rootful" : "rootless";
    all["probes"] = run_google_benchmark({program("ovl-bench-probes"), "tmpfs", at.path(), mode});
    all["mounts"] = run_google_benchmark({program("ovl-bench-mounts")});
    all["mounts in turn"] =
        run_json({program("ovl-bench-mounts"), "--pairs", std::to_string(wanted.rounds)});

    for (const std::string each : {"rootful", "rootless"})
        for (const std::string& type : wanted.types)
            add_place(rows, type, each, all["places"][type + ", " + each]);
    const json quiet = all["places"].value("ext4, rootful", json::object());
    for (const std::string each : {"rootful", "rootless"})
        add_replays(rows, each, all["places"].value("tmpfs, " + each, json::object()));
    if (!wanted.no_dirty)
        add_dirty(rows, all["places"]["ext4, 1 GiB dirty"]);
    add_mounts(rows, all["mounts in turn"]);
    add_memory(rows, all["places"][wanted.types.front() + ", " + mode]);
    add_size(rows);
    add_calls(rows, at.path());
    add_include_cost(rows);

    for (const auto& [title, found] : all["places"].items())
        print_times(title, found);
    print_benchmarks("each probe alone, tmpfs, " + mode, all["probes"]);
    print_benchmarks("mount and unmount, by layers", all["mounts"]);
    fmt::print("\nLinux {}\n", system.release);
    rows.print();
    all["table"] = rows.to_json();
    const auto drawn =
        ovl_bench::draw({bars_of("ext4, quiet", quiet),
                         bars_of("ext4, 1 GiB of dirty data and a writer",
                                 all["places"].value("ext4, 1 GiB dirty", json::object()))});
    const bool written =
        write(wanted.json_file, all.dump(1) + "\n") && write(wanted.picture_file, drawn);
    fmt::print("\n{}\n{}\n", wanted.json_file, wanted.picture_file);
    return rows.keeps_guards() && written ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
    wishes wanted;
    CLI::App options{"What the library costs beside the same system calls by hand, and beside the "
                     "checks of other runtimes."};
    options.add_option("--on", wanted.types, "filesystems")
        ->delimiter(',')
        ->check(CLI::IsMember({"ext4", "xfs", "btrfs", "tmpfs"}))
        ->capture_default_str();
    options.add_option("--rounds", wanted.rounds, "paired rounds in each place")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    options.add_flag("--no-dirty", wanted.no_dirty, "leave out what needs 1 GiB of dirty data");
    options.add_option("--json", wanted.json_file, "where to write all samples")
        ->capture_default_str();
    options.add_option("--picture", wanted.picture_file, "where to write the picture")
        ->capture_default_str();
    CLI11_PARSE(options, argc, argv);
    return bench(wanted);
}
