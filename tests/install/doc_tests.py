#!/usr/bin/env python3
"""The table of options in docs/installing.md is complete.

    doc_tests.py SOURCES
"""

import re
import sys
import unittest
from pathlib import Path

SOURCES = Path(sys.argv[1])
GUIDE = (SOURCES / "docs/installing.md").read_text(encoding="utf-8")


class Guide(unittest.TestCase):
    def test_every_option_is_in_the_table(self):
        text = (SOURCES / "CMakeLists.txt").read_text(encoding="utf-8")
        options = set(re.findall(r"^(?:option|set)\((PICOXX_\w+)", text, re.MULTILINE))
        self.assertIn("PICOXX_INSTALL", options)
        self.assertEqual(set(re.findall(r"^\| `(PICOXX_\w+)`", GUIDE, re.MULTILINE)), options)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
