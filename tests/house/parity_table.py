#!/usr/bin/env python3
"""Fails where docs/picopyn-parity.md lacks a row, claims something without a test, or names a test that is not there.

    parity_table.py ROOT

A row has the columns row, Picopyn, Rust crate, picoxx, there? and test. "there?" is `yes` or `partly`, which need a test, or `not yet`,
which must not have one. The last column names the tests, separated by ", ": `program / Suite.name`, `program / Suite.name/case` for
one case of a table, or a test of ctest's, `examples.NAME` or `install.NAME`.
"""

import re
import sys
from pathlib import Path

ROWS = range(1, 108)
COLUMNS = 6
TESTED = ("yes", "partly")
NOT_YET = "not yet"
ROW = re.compile(r"^\| (\d+) \|(.*)\|\s*$")
GTEST = re.compile(r"^(\w+) / (\w+)\.(\w+)(?:/(\w+))?$")
# picoxx_add_test(NAME SOURCES FILES...), or a function like it that takes its one file from its name
PROGRAM = re.compile(r"picoxx_add(?:_\w+)?_test\(\s*(\w+)([^)]*)\)")


def sources(root, program):
    """The files that CMake makes a test program of."""
    for folder in ("tests", "examples"):
        for lists in sorted((root / folder).rglob("CMakeLists.txt")):
            for name, arguments in PROGRAM.findall(lists.read_text(encoding="utf-8")):
                if name == program:
                    files = re.findall(r"[\w/.]+\.cpp", arguments) or [f"{name}.cpp"]
                    return [lists.parent / file for file in files]
    return []


def has_gtest(root, program, suite, name, case):
    test = re.compile(r"^TEST(_F|_P)?\(\s*%s\s*,\s*%s\s*\)" % (suite, name), re.MULTILINE)
    for path in sources(root, program):
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        if test.search(text):
            return case is None or f'"{case}"' in text
    return False


def has_ctest(root, name):
    kind, _, case = name.partition(".")
    if kind == "examples":
        lists, made = "examples/CMakeLists.txt", r"picoxx_add_example\(\s*%s\s"
    elif kind == "install":
        lists, made = "tests/install/CMakeLists.txt", r"picoxx_add_(?:consumer|install_test)\(\s*%s\s"
    else:
        return False
    return re.search(made % re.escape(case), (root / lists).read_text(encoding="utf-8")) is not None


def exists(root, test):
    gtest = GTEST.match(test)
    return has_gtest(root, *gtest.groups()) if gtest else has_ctest(root, test)


def check(root):
    """Yields what is wrong, a line each."""
    seen = set()
    for line in (root / "docs/picopyn-parity.md").read_text(encoding="utf-8").splitlines():
        match = ROW.match(line)
        if not match:
            continue
        row = int(match[1])
        cells = [cell.strip() for cell in match[2].split("|")]
        if row in seen:
            yield f"row {row} comes twice"
        if row not in ROWS:
            yield f"row {row} is beyond the last one, {ROWS[-1]}: raise ROWS"
        seen.add(row)
        if len(cells) + 1 != COLUMNS:
            yield f"row {row} has {len(cells) + 1} columns, not {COLUMNS}"
            continue
        *_, there, named = cells
        tests = [test.strip() for test in named.split(",") if test.strip()]
        if there not in (*TESTED, NOT_YET):
            yield f"row {row} says neither yes nor partly nor not yet, but {there!r}"
        elif there in TESTED and not tests:
            yield f"row {row} says {there} and names no test"
        elif there == NOT_YET and tests:
            yield f"row {row} says {there} and names a test"
        for test in tests:
            if not exists(root, test):
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
