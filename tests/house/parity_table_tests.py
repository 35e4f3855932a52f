#!/usr/bin/env python3
"""parity_table.py's own tests."""

import tempfile
import unittest
from pathlib import Path

import parity_table


class ParityTable(unittest.TestCase):
    def check(self, changed=None):
        """Of a table whose rows are all well, but for the changed ones (None leaves a row out)."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for path in ("docs", "examples", "tests/install/everything"):
                (root / path).mkdir(parents=True)
            (root / "examples/quickstart.cpp").write_text("")
            (root / "tests/install/CMakeLists.txt").write_text("")
            (root / "tests/a_test.cpp").write_text("TEST(Suite, works) {}\nTEST_F(Fixture, works_too) {}\n")
            rows = {row: f"| {row} | element | code | a_test / Suite.works |" for row in parity_table.ROWS}
            rows.update(changed or {})
            (root / "docs/picopyn-parity.md").write_text("\n".join(row for row in rows.values() if row) + "\n")
            return list(parity_table.check(root))

    def test_a_whole_table_passes(self):
        self.assertEqual(self.check(), [])
        self.assertEqual(self.check({2: "| 2 | e | c | a_test / Fixture.works_too |"}), [])
        self.assertEqual(self.check({2: "| 2 | e | c | examples.quickstart |", 3: "| 3 | e | c | install.everything |"}), [])

    def test_a_missing_row_is_found(self):
        self.assertEqual(self.check({7: None}), ["row 7 is missing"])

    def test_a_test_that_is_not_there_is_found(self):
        self.assertEqual(len(self.check({7: "| 7 | e | c | a_test / Suite.works_not |"})), 1)
        self.assertEqual(len(self.check({7: "| 7 | e | c | b_test / Suite.works |"})), 1)
        self.assertEqual(len(self.check({7: "| 7 | e | c | examples.nothing |"})), 1)
        self.assertEqual(len(self.check({7: "| 7 | e | c | install.nothing |"})), 1)

    def test_a_row_that_must_have_a_test_has_one(self):
        self.assertEqual(self.check({7: "| 7 | e | c | |"}), ["row 7 names no test"])
        self.assertEqual(self.check({44: "| 44 | e | not yet | |"}), [])


if __name__ == "__main__":
    unittest.main()
