# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

"""Where a probe's header can be changed, and which tests see a header."""

import dataclasses
import re

COMPARED = re.compile(r"[A-Za-z_][\w.]*(?:\(\)[\w.]*)*\s*(==|!=)\s*(E[A-Z0-9]{2,})\b")
LABEL = re.compile(r"\bcase (E[A-Z0-9]{2,}):")
ANSWER = re.compile(r"\banswer::(yes|no|unknown)\b")
GIVEN = re.compile(r"\b(?:view\.|this->)(yes|no)\(")
FAILED = re.compile(r"(?<!verdict )\b(?:view\.|this->|ovl::)?could_not\(")
INCLUDED = re.compile(r'^#include (?:<(ovl/[^>]+)>|"([^"]+)")', re.MULTILINE)

# No system call gives it, so a comparison with it never holds.
NEVER_GIVEN = "ENOTUNIQ"
OTHER_ANSWER = {"yes": "no", "no": "yes", "unknown": "no"}


@dataclasses.dataclass(frozen=True)
class Mutant:
    header: str  # as it is included: ovl/probe/verdict.hpp
    begin: int
    end: int
    text: str  # what stands there in place of the original
    what: str
    line: int
    code: str  # the original line
    source: str = dataclasses.field(repr=False, compare=False)  # the header, as it was read

    @property
    def changed(self):
        return self.source[:self.begin] + self.text + self.source[self.end:]

    @property
    def key(self):
        """Stays the same when lines move."""
        return self.header, self.what, self.code

    def __str__(self):
        return f"{self.header}:{self.line}: {self.what} in `{self.code}`"


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


def changes(code):
    """Every (begin, end, text, what) of a header without its comments."""
    for found in COMPARED.finditer(code):
        equal = found.group(1) == "=="
        yield (*found.span(2), NEVER_GIVEN, f"{found.group(2)} is never met")
        yield (*found.span(), "true" if equal else "false", f"every errno passes for {found.group(2)}")
    for found in LABEL.finditer(code):
        yield (*found.span(1), NEVER_GIVEN, f"{found.group(1)} is never met")
    for pattern in (ANSWER, GIVEN):
        for found in pattern.finditer(code):
            other = OTHER_ANSWER[found.group(1)]
            yield (*found.span(1), other, f"{found.group(1)} becomes {other}")
    for found in FAILED.finditer(code):
        end = end_of_call(code, found.end() - 1)
        changed = f"[](auto v) {{ v.is = ovl::answer::no; return v; }}({code[found.start():end]})"
        yield found.start(), end, changed, "what could not be told becomes no"


def mutants_of(include, header):
    source = (include / header).read_text()
    for begin, end, text, what in changes(without_comments(source)):
        if text.startswith("[]"):  # strings inside the call are to stay
            text = text.replace(without_comments(source)[begin:end], source[begin:end])
        line = source.count("\n", 0, begin) + 1
        yield Mutant(header, begin, end, text, what, line, source.splitlines()[line - 1].strip(),
                     source)


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

    def nearest(self, header):
        """All that see the header: the test of its name first, then by the number of includes between."""
        path = self.roots[0] / header

        def order(source):
            seen = self.distances[source]
            return (source.stem != path.stem, seen[path], len(seen), source)

        return sorted((each for each in self.sources if path in self.distances[each]), key=order)
