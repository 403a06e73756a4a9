// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

namespace ovl_trust {

/// Ends the program where the preparation of a trial fails: that is no finding, and no figure either.
inline void must(bool done, const std::string& what) {
    if (done)
        return;
    std::perror(what.c_str());
    std::exit(2);
}

inline void print_figure(const std::string& what, unsigned long made, const char* made_word,
                         unsigned long held, const char* held_word) {
    std::printf("figure: %s: %lu %s, %lu %s\n", what.c_str(), made, made_word, held, held_word);
    std::fflush(stdout);
}

/// Counts trials and those that held, says what did not, and prints the figure.
class figure {
  public:
    explicit figure(std::string what, const char* made = "made", const char* held = "held")
        : what_{std::move(what)}, made_word_{made}, held_word_{held} {}

    void add(unsigned long made, unsigned long held) {
        made_ += made;
        held_ += held;
    }
    /// One trial; `complaint` is empty where it held. The first of many complaints are printed.
    void add(const std::string& complaint) {
        add(1, complaint.empty() ? 1 : 0);
        complain(complaint);
    }
    /// The same for something that is no trial of its own.
    void complain(const std::string& complaint) {
        constexpr int most_printed = 20;
        if (complaint.empty())
            return;
        broken_ = true;
        if (++complaints_ <= most_printed)
            std::printf("NOT HELD: %s: %s\n", what_.c_str(), complaint.c_str());
    }
    /// Prints it; whether all held, and there was something to hold.
    [[nodiscard]] bool close() const {
        print_figure(what_, made_, made_word_, held_, held_word_);
        return made_ != 0 && made_ == held_ && !broken_;
    }

  private:
    std::string what_;
    const char* made_word_;
    const char* held_word_;
    unsigned long made_ = 0;
    unsigned long held_ = 0;
    int complaints_ = 0;
    bool broken_ = false;
};

} // namespace ovl_trust
