#!/usr/bin/env python3
"""parity_table.py's own tests."""

import tempfile
import unittest
from pathlib import Path

import parity_table

TEST_LISTS = """
picoxx_add_test(
  a_test
  SOURCES a_test.cpp more.cpp
  LIBRARIES picoxx::core)
picoxx_add_core_test(core_test threads)
"""
TABLE_TEST = """
TEST_P(Table, works) {}
INSTANTIATE_TEST_SUITE_P(all, Table, Values(Row{"first"}));
"""


class ParityTable(unittest.TestCase):
    def check(self, changed=None):
        """Of a table whose rows are all well, but for the changed ones (None leaves a row out)."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path, text in {
                "examples/CMakeLists.txt": "picoxx_add_example(quickstart SOURCES quickstart.cpp)\n",
                "tests/install/CMakeLists.txt": "picoxx_add_consumer(everything SAYS hello)\n",
                "tests/unit/CMakeLists.txt": TEST_LISTS,
                "tests/unit/a_test.cpp": "TEST(Suite, works) {}\nTEST_F(Fixture, works_too) {}\n// TEST(Suite, is_off) {}\n",
                "tests/unit/more.cpp": TABLE_TEST,
                "tests/unit/core_test.cpp": "TEST(Core, works) {}\n",
                "tests/unit/unused_test.cpp": "TEST(Unused, works) {}\n",
            }.items():
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text)
            rows = {row: f"| {row} | element | crate | code | yes | a_test / Suite.works |" for row in parity_table.ROWS}
            rows.update(changed or {})
            (root / "docs").mkdir()
            (root / "docs/picopyn-parity.md").write_text("\n".join(row for row in rows.values() if row) + "\n")
            return list(parity_table.check(root))

    def row(self, tests, there="yes"):
        """What is wrong with a row 7 that says this and names these tests."""
        return self.check({7: f"| 7 | e | r | c | {there} | {tests} |"})

    def test_a_whole_table_passes(self):
        self.assertEqual(self.check(), [])
        for tests in (
            "a_test / Fixture.works_too",
            "a_test / Table.works",
            "a_test / Table.works/first",
            "core_test / Core.works",
            "examples.quickstart",
            "install.everything",
            "a_test / Suite.works, core_test / Core.works",
        ):
            self.assertEqual(self.row(tests), [], tests)

    def test_a_missing_row_is_found(self):
        self.assertEqual(self.check({7: None}), ["row 7 is missing"])

    def test_a_row_that_comes_twice_is_found(self):
        self.assertEqual(self.check({8: "| 7 | e | r | c | yes | a_test / Suite.works |"}), ["row 7 comes twice", "row 8 is missing"])

    def test_a_test_that_is_not_there_is_found(self):
        for test in (
            "a_test / Suite.works_not",
            "a_test / Suite.is_off",
            "a_test / Fixture.works",
            "a_test / Table.works/second",
            "b_test / Suite.works",
            "unused_test / Unused.works",
            "examples.nothing",
            "examples.quick",
            "install.nothing",
            "nothing",
        ):
            self.assertEqual(self.row(test), [f"row 7: there is no test {test}"])

    def test_each_of_several_tests_is_looked_for(self):
        self.assertEqual(
            self.row("a_test / Suite.works, a_test / Suite.works_not"), ["row 7: there is no test a_test / Suite.works_not"]
        )

    def test_what_is_there_even_in_part_has_a_test(self):
        self.assertEqual(self.row(""), ["row 7 says yes and names no test"])
        self.assertEqual(self.row("", there="partly"), ["row 7 says partly and names no test"])
        self.assertEqual(self.row("a_test / Suite.works", there="partly"), [])

    def test_what_is_not_yet_there_has_none(self):
        self.assertEqual(self.row("", there="not yet"), [])
        self.assertEqual(self.row("a_test / Suite.works", there="not yet"), ["row 7 says not yet and names a test"])

    def test_a_row_says_whether_it_is_there(self):
        for there in ("", "Yes", "no", "partly, see below"):
            self.assertEqual(
                self.row("a_test / Suite.works", there), [f"row 7 says neither yes nor partly nor not yet, but {there!r}"]
            )

    def test_a_row_has_all_its_columns(self):
        self.assertEqual(self.check({7: "| 7 | e | c | yes | a_test / Suite.works |"}), ["row 7 has 5 columns, not 6"])
        self.assertEqual(self.check({7: "| 7 | e | r | a | b | yes | a_test / Suite.works |"}), ["row 7 has 7 columns, not 6"])

    def test_a_row_that_nobody_would_miss_is_found(self):
        new = parity_table.ROWS[-1] + 1
        self.assertEqual(
            self.check({new: f"| {new} | e | r | c | not yet | |"}), [f"row {new} is beyond the last one, {new - 1}: raise ROWS"]
        )


if __name__ == "__main__":
    unittest.main()
