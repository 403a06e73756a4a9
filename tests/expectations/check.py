#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

"""check.py TABLE LEVEL PLACES <JSON: holds what ovlprobe answered in the guest LEVEL (see `ask`) against a table of
expectations, and prints both sides of each disagreement. PLACES is a list with commas: what must have been asked about,
in each of the four modes. Ends with a line of counts; exit status 1 where there is a disagreement, or an answer or an expectation
is missing."""

import json
import re
import sys

MODES = ("root", "redirect_dir", "metacopy", "userns")
KERNEL = re.compile(r"(?:(uml)|(<|>=)?(\d+)\.(\d+))$")


def version(release):
    return tuple(int(part) for part in re.match(r"(\d+)\.(\d+)", release).groups())


def kernel_fits(bound, level, kernel):
    """Whether a guest fits what KERNEL matched: uml, or a comparison with a version."""
    uml, comparison, major, minor = bound
    if uml:
        return level == uml
    limit = (int(major), int(minor))
    return kernel < limit if comparison == "<" else kernel >= limit if comparison else kernel == limit


class Row:
    def __init__(self, number, capability, kernels, modes, places, answer, reason="*", value="*"):
        self.number, self.capability, self.answer, self.reason, self.value = number, capability, answer, reason, value
        self.kernels = [] if kernels == "*" else [KERNEL.match(each).groups() for each in kernels.split(",")]
        self.modes = MODES if modes == "*" else modes.split(",")
        self.places = None if places == "*" else places.split(",")
        if not set(self.modes) <= set(MODES) or answer not in ("yes", "no", "unknown", "*"):
            raise ValueError

    def is_for(self, capability, level, kernel, mode, place):
        return (capability == self.capability and mode in self.modes and (self.places is None or place in self.places)
                and all(kernel_fits(each, level, kernel) for each in self.kernels))

    def agrees(self, found):
        value = "-" if found["value"] is None else str(found["value"])
        return all(wanted in ("*", got) for wanted, got in
                   ((self.answer, found["answer"]), (self.reason, found["reason"]), (self.value, value)))


def read_table(path):
    rows, capability = [], None
    with open(path, encoding="utf-8") as table:
        for number, line in enumerate(table, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if not line[0].isspace():
                capability = words.pop(0)
            try:
                rows.append(Row(number, capability, *words))
            except (TypeError, ValueError, AttributeError):
                sys.exit(f"{path}:{number}: not CAPABILITY KERNELS MODES PLACES ANSWER [REASON [VALUE]]: {line.strip()}")
    return rows


def documents(text):
    decoder, position = json.JSONDecoder(), 0
    while text[position:].strip():
        position += len(text[position:]) - len(text[position:].lstrip())
        document, position = decoder.raw_decode(text, position)
        yield document


def mode_of(document):
    if document["mode"] == "rootless":
        return "userns"
    on = [name for name in ("metacopy", "redirect_dir") if document["kernel"]["overlay_parameters"][name] == "Y"]
    return on[0] if on else "root"


def place_of(directory):
    """The filesystem, or the last part of the path where that is a kind of it: ext4, ext4-casefold. That alone tells it
    where the directory did not answer in time."""
    last = directory["path"].rsplit("/", 1)[-1]
    kind = directory["filesystem"]["type"] if directory["filesystem"] else last
    return last if last.startswith(kind + "-") else kind


def answers(text):
    """(kernel, mode, place, capability, answer) of each."""
    for document in documents(text):
        kernel = version(document["kernel"]["release"])
        for directory in document["directories"]:
            for capability, found in directory["answers"].items():
                yield kernel, mode_of(document), place_of(directory), capability, found


def main():
    rows, level, places = read_table(sys.argv[1]), sys.argv[2], sys.argv[3].split(",")
    passed, wrong, answered = 0, [], {}
    for kernel, mode, place, capability, found in answers(sys.stdin.read()):
        answered.setdefault((mode, place), set()).add(capability)
        fitting = [row for row in rows if row.is_for(capability, level, kernel, mode, place)]
        if fitting and fitting[-1].agrees(found):
            passed += 1
            continue
        text = "{}, Linux {}.{}, {}, {}: {}".format(level, *kernel, mode, place, capability)
        said = [found["answer"], found["reason"], "" if found["value"] is None else str(found["value"])]
        evidence = " ".join(f"{key}={value}" for key, value in (found["evidence"] or {}).items() if value)
        row = fitting[-1] if fitting else None
        wrong.append(f"{text}\n    expected: " +
                     (f"{row.answer} {row.reason} {row.value} (line {row.number})" if row else "nothing: no row fits") +
                     f"\n    answered: {' '.join(said)} {evidence}")
    for mode in MODES:
        for place in places:
            missing = {row.capability for row in rows} - answered.get((mode, place), set())
            if missing:
                wrong.append(f"{level}, {mode}, {place}: no answer to {', '.join(sorted(missing))}")
    for each in wrong:
        print(each)
    print(f"{passed} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
