#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour
"""merge_counts.py BUILD HEADERS: gcov's counts of what is in the folder HEADERS, as a tracefile of gcovr's, on stdout.

gcov counts each instantiation of a template, and of a lambda in one, by itself, in each object file. Here they are one:
a branch is known by where its function begins, its line, and which of the function's branches there it is; it is taken
where any instantiation takes it. Where `if constexpr` leaves instantiations with different numbers of branches on a line,
those of each number are counted apart. Branches that only an exception takes are left out.
"""
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys


def read_counts(object_counts):
    done = subprocess.run(
        ["gcov", "--json-format", "--stdout", "--branch-counts", "--branch-probabilities", object_counts],
        check=True, capture_output=True, text=True)
    return json.loads(done.stdout)["files"]


def begin_of(function):
    return (function["start_line"], function["start_column"])


def innermost(functions, line):
    """Where the innermost functions about a line begin, and how many instantiations there are."""
    about = [begin_of(each) for each in functions if each["start_line"] <= line <= each["end_line"]]
    return (max(about), about.count(max(about))) if about else ((line, 0), 1)


class Source:
    def __init__(self):
        self.lines = collections.Counter()
        self.branches = collections.defaultdict(collections.Counter)

    def add(self, counted):
        begins = {each["name"]: begin_of(each) for each in counted["functions"]}
        for line in counted["lines"]:
            number = line["line_number"]
            self.lines[number] += line["count"]
            branches = [each["count"] for each in line["branches"] if not each["throw"]]
            begin, instantiations = innermost(counted["functions"], number)
            if line.get("function_name") in begins:
                begin, instantiations = begins[line["function_name"]], 1
            # gcov may give the branches of all instantiations in a row.
            together = len(branches) % instantiations == 0
            shape = len(branches) // instantiations if together else len(branches)
            for i, count in enumerate(branches):
                self.branches[number][(*begin, shape, i % shape)] += count

    def as_tracefile(self, name):
        return {
            "file": name,
            "functions": [],
            "lines": [{
                "line_number": number,
                "count": count,
                "gcovr/noncode": False, "gcovr/excluded": False,
                "branches": [{"count": self.branches[number][key], "fallthrough": False, "throw": False}
                             for key in sorted(self.branches[number])],
            } for number, count in sorted(self.lines.items())],
        }


def main():
    build, headers = (os.path.realpath(each) for each in sys.argv[1:])
    sources = collections.defaultdict(Source)
    every = sorted(str(each) for each in pathlib.Path(build).rglob("*.gcda"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for files in pool.map(read_counts, every):
            for counted in files:
                name = os.path.realpath(os.path.join(build, counted["file"]))
                if name.startswith(headers + os.sep):
                    sources[name].add(counted)
    # The form of gcovr 5.2.
    root = os.path.dirname(os.path.dirname(headers))
    json.dump({
        "gcovr/format_version": "0.3",
        "files": [source.as_tracefile(os.path.relpath(name, root)) for name, source in sorted(sources.items())],
    }, sys.stdout)


main()
