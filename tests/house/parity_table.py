#!/usr/bin/env python3
"""Fails where docs/picopyn-parity.md lacks a row, or names a test that is not there.

    parity_table.py ROOT
"""

import re
import sys
from pathlib import Path

ROWS = range(1, 77)
DONE = {*range(1, 44), 47, 51, 70, 71, 72}  # these must have a test
ROW = re.compile(r"^\| (\d+) \|(.*)\|\s*$")
GTEST = re.compile(r"^([a-z0-9_]+) / ([A-Za-z0-9]+)\.([a-z0-9_A-Z]+)$")


def sources(root, program):
    """The files of a test program: those named in the CMakeLists.txt that makes it, or called as it is."""
    return sorted((root / "tests").rglob(f"{program}.cpp"))


def has_gtest(root, program, suite, name):
    pattern = re.compile(r"TEST(_F|_P)?\(\s*%s\s*,\s*%s\s*\)" % (suite, name))
    return any(pattern.search(path.read_text()) for path in sources(root, program))


def has_ctest(root, name):
    kind, _, case = name.partition(".")
    if kind == "examples":
        return (root / "examples" / f"{case}.cpp").exists()
    if kind == "install":
        return (root / "tests/install" / case).is_dir() or re.search(
            r"\b%s\b" % re.escape(case), (root / "tests/install/CMakeLists.txt").read_text()
        )
    return False


def check(root):
    """Yields what is wrong, a line each."""
    seen = set()
    for line in (root / "docs/picopyn-parity.md").read_text().splitlines():
        match = ROW.match(line)
        if not match:
            continue
        row = int(match[1])
        cells = [cell.strip() for cell in match[2].split("|")]
        if row in seen:
            yield f"row {row} comes twice"
        seen.add(row)
        if len(cells) != 3:
            yield f"row {row} has {len(cells) + 1} columns, not 4"
            continue
        test = cells[2]
        if not test:
            if row in DONE:
                yield f"row {row} names no test"
            continue
        gtest = GTEST.match(test)
        if not (has_gtest(root, *gtest.groups()) if gtest else has_ctest(root, test)):
            yield f"row {row}: there is no test {test}"
    for row in ROWS:
        if row not in seen:
            yield f"row {row} is missing"


def main():
    wrong = list(check(Path(sys.argv[1])))
    for line in wrong:
        print(f"docs/picopyn-parity.md: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
