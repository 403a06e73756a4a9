# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

"""Where a probe's header can be changed, the header with every change in it, and which tests see a header.

All changes are compiled at once, and each is switched on by its number in OVL_MUTANT: one build serves them all.
"""

import dataclasses
import re

# Both operands of a comparison with an errno; a `case`; an answer; a verdict that is given.
COMPARED = re.compile(r"[A-Za-z_][\w.:]*(?:(?:\(\)|->)[\w.]*)*\s*(==|!=)\s*(E[A-Z0-9]{2,})\b")
LABEL = re.compile(r"\bcase (E[A-Z0-9]{2,}):")
ANSWER = re.compile(r"\banswer::(yes|no|unknown)\b")
GIVEN = re.compile(r"\b(?:view\.|this->)(yes|no)\(")
FAILED = re.compile(r"(?<!verdict )\b(?:view\.|this->|ovl::|\w+<P>::)?could_not\(")
INCLUDED = re.compile(r'^#include (?:<(ovl/[^>]+)>|"([^"]+)")', re.MULTILINE)
SUITE = re.compile(r"^BOOST_AUTO_TEST_SUITE\((\w+)", re.MULTILINE)

OTHER_ANSWER = {"yes": "no", "no": "yes", "unknown": "no"}

SWITCHES = "ovl/mutant.hpp"
SWITCHES_TEXT = """#pragma once
#include <cerrno>
#include <cstdlib>
#include <initializer_list>
#include <type_traits>

namespace ovl::mutant {

inline const int chosen = [] {
    const char* const number = std::getenv("OVL_MUTANT");
    return number != nullptr ? std::atoi(number) : 0;
}();

[[nodiscard]] constexpr bool on(int number) {
    return !std::is_constant_evaluated() && chosen == number;
}

struct label {
    int number;
    int error;
};

/// What a switch looks at; no system call gives ENOTUNIQ, so that no case is met.
[[nodiscard]] constexpr int shown(int error, std::initializer_list<label> labels) {
    for (const label& each : labels)
        if (each.error == error && on(each.number))
            return ENOTUNIQ;
    return error;
}

template <class Verdict>
[[nodiscard]] constexpr Verdict denied(bool changed, Verdict found) {
    if (changed)
        found.is = decltype(found.is)::no;
    return found;
}

} // namespace ovl::mutant
"""


@dataclasses.dataclass(frozen=True)
class Mutant:
    number: int
    header: str  # as it is included: ovl/probe/verdict.hpp
    what: str
    line: int
    code: str  # the original line

    @property
    def key(self):
        """Stays the same when lines move."""
        return self.header, self.what, self.code

    def __str__(self):
        return f"{self.header}:{self.line}: {self.what} in `{self.code}`"


@dataclasses.dataclass
class Site:
    begin: int
    end: int
    write: object  # what stands inside it, rewritten, to its text
    inner: tuple  # the part that is rewritten too


def without_comments(source):
    """The same text with comments and strings blanked out, so that positions stay."""
    return re.sub(r'"(?:\\.|[^"\\])*"|//[^\n]*', lambda found: " " * len(found.group()), source)


def end_of_call(source, opening):
    depth = 0
    for position in range(opening, len(source)):
        depth += {"(": 1, ")": -1}.get(source[position], 0)
        if depth == 0:
            return position + 1
    raise ValueError("a parenthesis is not closed")


class Header:
    """A header, its mutants numbered from `first` on, and its text with all of them."""

    def __init__(self, include, header, first):
        self.header, self.first = header, first
        self.source = (include / header).read_text()
        self.code = without_comments(self.source)
        self.mutants = []
        self.sites = []
        self._find()
        self.sites.sort(key=lambda site: (site.begin, -site.end))
        begin = self.source.index("#pragma once\n") + len("#pragma once\n")
        self.text = self.source[:begin] + f"#include <{SWITCHES}>\n" + self._written(begin, len(self.source))

    def _number(self, position, what):
        number = self.first + len(self.mutants)
        line = self.source.count("\n", 0, position) + 1
        self.mutants.append(Mutant(number, self.header, what, line, self.source.splitlines()[line - 1].strip()))
        return number

    def _add(self, begin, end, write, inner=None):
        self.sites.append(Site(begin, end, write, inner or (begin, begin)))

    def _find(self):
        for found in COMPARED.finditer(self.code):
            self._compared(found)
        self._labels()
        for found in ANSWER.finditer(self.code):
            word, other = found.group(1), OTHER_ANSWER[found.group(1)]
            number = self._number(found.start(), f"{word} becomes {other}")
            self._add(*found.span(), lambda _, n=number, a=word, b=other: f"(mutant::on({n}) ? answer::{b} : answer::{a})")
        for found in GIVEN.finditer(self.code):
            word, other = found.group(1), OTHER_ANSWER[found.group(1)]
            number = self._number(found.start(), f"{word} becomes {other}")
            end = end_of_call(self.code, found.end() - 1)
            on = self.source[found.start():found.start(1)]
            self._add(found.start(), end,
                      lambda inside, n=number, o=on, a=word, b=other: f"(mutant::on({n}) ? {o}{b}{inside} : {o}{a}{inside})",
                      (found.end() - 1, end))
        for found in FAILED.finditer(self.code):
            number = self._number(found.start(), "what could not be told becomes no")
            end = end_of_call(self.code, found.end() - 1)
            name = self.source[found.start():found.end() - 1]
            self._add(found.start(), end,
                      lambda inside, n=number, f=name: f"mutant::denied(mutant::on({n}), {f}{inside})", (found.end() - 1, end))

    def _compared(self, found):
        sign, error = found.groups()
        never = self._number(found.start(), f"{error} is never met")
        always = self._number(found.start(), f"every errno passes for {error}")
        passes = f"mutant::on({always}) ||" if sign == "==" else f"!mutant::on({always}) &&"
        left = self.source[found.start():found.start(2)]
        self._add(*found.span(), lambda _: f"({passes} {left}(mutant::on({never}) ? ENOTUNIQ : {error}))")

    def _labels(self):
        switches = {}
        for found in LABEL.finditer(self.code):
            number = self._number(found.start(), f"{found.group(1)} is never met")
            opening = self.code.rindex("switch (", 0, found.start()) + len("switch ")
            switches.setdefault(opening, []).append(f"{{{number}, {found.group(1)}}}")
        for opening, labels in switches.items():
            end = end_of_call(self.code, opening)
            shown = ", ".join(labels)
            self._add(opening, end, lambda inside, s=shown: f"(mutant::shown({inside}, {{{s}}}))", (opening + 1, end - 1))

    def _written(self, begin, end, above=None):
        """The part from begin to end, which is all of the file or what is inside of a site, with the changes in it."""
        text, position = [], begin
        for site in self.sites:
            if site is above or site.begin < position or site.end > end:
                continue
            text += self.source[position:site.begin], site.write(self._written(*site.inner, site))
            position = site.end
        return "".join(text) + self.source[position:end]


class Tests:
    """The sources of the suite, by how near they are to a header."""

    def __init__(self, root, sources):
        self.roots = (root / "include", root / "sandbox", root / "tests")
        self.sources = sources
        self.direct = {}
        self.distances = {each: self._distances(each) for each in sources}

    def _included(self, path):
        if path not in self.direct:
            names = ["".join(pair) for pair in INCLUDED.findall(path.read_text())]
            candidates = [[base / name for base in (*self.roots, path.parent) if (base / name).is_file()]
                          for name in names]
            self.direct[path] = [found[0] for found in candidates if found]
        return self.direct[path]

    def _distances(self, source):
        found, edge = {source: 0}, [source]
        while edge:
            edge = [header for path in edge for header in self._included(path) if header not in found
                    and not found.update({header: found[path] + 1})]
        return found

    def nearest(self, header, most):
        """The suites of the tests that are nearest to a header: that of its name first, then by the includes between."""
        path = self.roots[0] / header

        def order(source):
            seen = self.distances[source]
            return (source.stem != path.stem, seen[path], len(seen), source)

        near = sorted((each for each in self.sources if path in self.distances[each]), key=order)
        suites = ["/".join(SUITE.findall(each.read_text())[:2]) for each in near[:most]]
        return [each for each in suites if each]
