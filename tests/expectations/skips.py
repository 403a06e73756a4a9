#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# ovl - what overlayfs can do here, answered by behaviour

"""skips.py TABLE LEVEL RELEASE <LOG: names each test case that a guest's suite skipped although the table does not
expect that of its kernel. Ends with a line of counts; exit status 1 where there is one."""

import re
import sys

from check import KERNEL, kernel_fits, version


def main():
    table, level, release = sys.argv[1:4]
    allowed = []
    with open(table, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            words = line.split("#")[0].split(maxsplit=1)
            if not words:
                continue
            bounds = [] if words[0] == "*" else [KERNEL.match(each) for each in words[0].split(",")]
            if len(words) != 2 or None in bounds:
                sys.exit(f"{table}:{number}: not KERNELS REASON: {line.strip()}")
            if all(kernel_fits(each.groups(), level, version(release)) for each in bounds):
                allowed.append(words[1].strip())
    log = sys.stdin.buffer.read().decode("utf-8", "replace")
    skips = re.findall(r'^skipped: ("[^"]*"): (.*)$', log, re.MULTILINE)
    wrong = [f"on {level}: {name} was skipped: {why}" for name, why in skips if not why.startswith(tuple(allowed))]
    for each in wrong:
        print(each)
    print(f"{len(skips) - len(wrong)} passed, {len(wrong)} failed, 0 skipped")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
