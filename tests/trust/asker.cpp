// SPDX-License-Identifier: BSL-1.0
// ovl - what overlayfs can do here, answered by behaviour

#include "trust/asker.hpp"

namespace ovl_trust {

std::vector<asker> every_asker(bool user_class) {
    std::vector<asker> all;
    for (const askers& pair : {ask_by_best, ask_by_fsopen, ask_by_classic, ask_by_libmount})
        all.push_back(pair[user_class ? 1 : 0]);
    return all;
}

std::string answer_of(const ovl::verdict& found) {
    std::string text{describe(found.asked).key};
    text.append(" ").append(name(found.is)).append(" ").append(describe(found.because).name);
    if (found.value.has_value())
        text.append(" ").append(std::to_string(*found.value));
    return text;
}

std::vector<std::string> wrong_answers(const ovl::report& found, const ovl::report& alone,
                                       bool or_unknown) {
    std::vector<std::string> wrong;
    if (found.verdicts.size() != alone.verdicts.size())
        wrong.push_back("another number of answers");
    for (std::size_t i = 0; wrong.empty() && i < found.verdicts.size(); ++i) {
        const ovl::verdict& now = found.verdicts[i];
        if (or_unknown && now == ovl::answer::unknown)
            continue;
        if (answer_of(now) != answer_of(alone.verdicts[i]))
            wrong.push_back(now.why() + " instead of " + answer_of(alone.verdicts[i]));
    }
    return wrong;
}

} // namespace ovl_trust
