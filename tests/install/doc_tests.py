#!/usr/bin/env python3
"""The CMake blocks of docs/installing.md are cut from the consumers that are built here, and its tables are complete.

    doc_tests.py SOURCES

A block is cut from where the line `<!-- from FILE [NAME] -->` above it says: between two lines `# [NAME]`.
"""

import re
import sys
import unittest
from pathlib import Path

SOURCES = Path(sys.argv[1])
GUIDE = (SOURCES / "docs/installing.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"(?:^<!-- from (\S+) \[(\w+)\] -->\n)?^```cmake\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Guide(unittest.TestCase):
    def test_every_cmake_block_is_what_was_built(self):
        blocks = BLOCK.findall(GUIDE)
        self.assertTrue(blocks)
        for file, name, shown in blocks:
            self.assertTrue(file, f"this block does not say where it is cut from:\n{shown}")
            parts = (SOURCES / file).read_text(encoding="utf-8").split(f"# [{name}]\n")
            self.assertEqual(len(parts), 3, f"{file} has no part [{name}]")
            self.assertEqual(shown, parts[1], f"{file} [{name}]")

    def test_every_option_is_in_the_table(self):
        text = (SOURCES / "CMakeLists.txt").read_text(encoding="utf-8")
        options = set(re.findall(r"^(?:option|set)\((PICOXX_\w+)", text, re.MULTILINE))
        self.assertIn("PICOXX_INSTALL", options)
        self.assertEqual(set(re.findall(r"^\| `(PICOXX_\w+)`", GUIDE, re.MULTILINE)), options)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
