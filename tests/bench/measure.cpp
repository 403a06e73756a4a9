// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

// ovl-bench-measure TYPE DIRECTORY rootful|rootless ROUNDS OVLPROBE PEERS [dirty]
//
// Times, on a fresh filesystem of TYPE that only it sees, the library, the same system calls by hand and the peers
// in turn, and prints the nanoseconds of each by its name, as JSON. OVLPROBE and PEERS are programs; `-` is none.

#include "ask.hpp"
#include "command.hpp"
#include "place.hpp"
#include "recording.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

namespace {

using ovl_bench::outcome;
using ovl_bench::run_command;

struct wishes {
    std::string type;
    std::string directory;
    bool rootless = false;
    int rounds = 0;
    std::string ovlprobe;
    std::string peers;
    bool dirty = false;
};

/// The peers' calls that are timed, as tests/bench/peers names them.
const std::vector<std::string> peer_checks{"storage-pair",          "moby-native-diff",
                                           "storage-init",          "moby-init",
                                           "moby-supports-overlay", "storage-supports-overlay",
                                           "containerd-supported",  "containerd-multiple-lower",
                                           "containerd-userxattr"};

/// All that is timed in one place.
class measurement {
  public:
    measurement(const wishes& wanted, const ovl_bench::asker& asked)
        : wanted_{wanted}, asked_{asked} {
        if (wanted.dirty)
            dirty_ = std::make_unique<ovl_bench::dirty_data>(wanted.directory);
    }

    /// The pair and its floor in turn, alone, so that they meet the same weather and the same caches.
    void beside_floor() {
        for (int round = 0; round < 20 * wanted_.rounds; ++round) {
            const bool first = round % 2 == 0;
            time(first ? "pair" : "floor", first ? asked_.pair : asked_.pair_by_hand);
            time(first ? "floor" : "pair", first ? asked_.pair_by_hand : asked_.pair);
        }
    }

    /// Each probe alone, and the system calls that it makes, in turn.
    void each_beside_its_calls() {
        const std::vector<std::string> keys = asked_.keys();
        for (std::size_t which = 0; which != keys.size(); ++which) {
            const auto ask = [&] { return asked_.single(wanted_.directory, which); };
            const auto calls = ovl_bench::recording::of([&] { static_cast<void>(ask()); });
            if (!calls.has_value()) {
                skipped_[keys[which]] = "its calls are made by more threads than one";
                continue;
            }
            const auto again = [&] {
                calls->replay();
                return true;
            };
            for (int round = 0; round < 4 * wanted_.rounds; ++round) {
                time_now(keys[which], ask);
                time_now(keys[which] + ": its calls", again);
            }
            // Names that the kernel chooses, such as a whiteout's in the workdir, are others the next time.
            if (!std::filesystem::is_empty(wanted_.directory)) {
                samples_.erase(keys[which]);
                skipped_[keys[which]] = "its calls, made again, leave something behind";
            }
        }
    }

    /// The pair over dirty data and over none in turn, each after one that is not timed.
    void beside_itself() {
        for (int round = 0; round < 3 * wanted_.rounds; ++round) {
            if (!dirty_->settle())
                skipped_["pair-quiet"] = "what waits cannot be written";
            time_warm("pair-quiet");
            if (!dirty_->fill())
                skipped_["pair-dirty"] = "no space for dirty data";
            time_warm("pair-dirty");
        }
    }

    void beside_peers() {
        for (int round = 0; round < wanted_.rounds; ++round) {
            // A process has just run before each, as one did before each of the peers' calls.
            time("pair-beside-peers", asked_.pair);
            time("survey", asked_.survey);
            if (wanted_.peers != "-")
                for (const std::string& check : peer_checks)
                    time_peer(check);
            else
                skipped_["peers"] = "not built";
            if (wanted_.ovlprobe != "-")
                time_ovlprobe();
        }
    }

    void print() {
        std::cout << nlohmann::json{{"samples", samples_}, {"skipped", skipped_}} << '\n';
    }

  private:
    void time_warm(const std::string& what) {
        if (skipped_.contains(what))
            return;
        static_cast<void>(asked_.pair(wanted_.directory));
        time_now(what, asked_.pair);
    }

    void time(const std::string& what, bool (*ask)(const std::string&)) {
        if (prepare(what))
            time_now(what, ask);
    }

    void time_now(const std::string& what, bool (*ask)(const std::string&)) {
        time_now(what, [&] { return ask(wanted_.directory); });
    }

    template <class Ask>
    void time_now(const std::string& what, Ask ask) {
        const auto began = std::chrono::steady_clock::now();
        const bool told = ask();
        const std::chrono::duration<double, std::nano> took =
            std::chrono::steady_clock::now() - began;
        if (told)
            samples_[what].push_back(took.count());
        else
            skipped_[what] = "could not be told";
    }

    void time_peer(const std::string& check) {
        if (dirty_ && (check == "storage-pair" || check == "moby-native-diff"))
            skipped_[check] = "its preparation has written the dirty data before it is timed";
        if (!prepare(check))
            return;
        const outcome ended = run_command({wanted_.peers, check, wanted_.directory}, true);
        if (!ended.succeeded()) {
            skipped_[check] = "fails here";
            return;
        }
        const std::string answer = ended.output.substr(ended.output.find(' ') + 1);
        if (check == "moby-native-diff" && answer == "false\n") {
            skipped_[check] = "answers no without trying";
            return;
        }
        samples_[check].push_back(std::atof(ended.output.c_str()));
        samples_[check + " process"].push_back(ended.wall_ns);
    }

    void time_ovlprobe() {
        if (!prepare("ovlprobe"))
            return;
        const outcome ended = run_command({wanted_.ovlprobe, "--quiet", wanted_.directory}, true);
        if (!ended.succeeded()) {
            skipped_["ovlprobe"] = "exit status " + std::to_string(ended.status);
            return;
        }
        samples_["ovlprobe process"].push_back(ended.wall_ns);
        rusage own{};
        ::getrusage(RUSAGE_SELF, &own);
        if (ended.peak_kib > own.ru_maxrss)
            samples_["ovlprobe peak KiB"].push_back(static_cast<double>(ended.peak_kib));
    }

    /// Whether it is worth the try, with the dirty data back that a peer's unmount has written.
    bool prepare(const std::string& what) {
        if (skipped_.contains(what))
            return false;
        if (dirty_ && !dirty_->fill())
            skipped_[what] = "no space for dirty data";
        return !skipped_.contains(what);
    }

    const wishes& wanted_;
    const ovl_bench::asker& asked_;
    std::unique_ptr<ovl_bench::dirty_data> dirty_{};
    nlohmann::json samples_ = nlohmann::json::object();
    nlohmann::json skipped_ = nlohmann::json::object();
};

} // namespace

int main(int argc, char** argv) {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() != 6 && !(arguments.size() == 7 && arguments[6] == "dirty")) {
        std::cerr << "usage: ovl-bench-measure TYPE DIRECTORY rootful|rootless ROUNDS OVLPROBE "
                     "PEERS [dirty]\n";
        return 2;
    }
    const wishes wanted{.type = arguments[0],
                        .directory = arguments[1],
                        .rootless = arguments[2] == "rootless",
                        .rounds = std::atoi(arguments[3].c_str()),
                        .ovlprobe = arguments[4],
                        .peers = arguments[5],
                        .dirty = arguments.size() == 7};
    const std::string refused =
        ovl_bench::mount_place(wanted.type, wanted.directory, wanted.rootless);
    if (!refused.empty()) {
        std::cout << nlohmann::json{{"refused", refused}} << '\n';
        return 0;
    }
    measurement made{wanted, wanted.rootless ? ovl_bench::as_rootless : ovl_bench::as_rootful};
    if (wanted.dirty)
        made.beside_itself();
    else
        made.beside_floor();
    if (wanted.type == "tmpfs")
        made.each_beside_its_calls();
    made.beside_peers();
    made.print();
    return 0;
}
