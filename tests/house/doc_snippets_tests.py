#!/usr/bin/env python3
"""doc_snippets.py's own tests."""

import tempfile
import unittest
from pathlib import Path

import doc_snippets

PROGRAM = "int main() {\n    // [part]\n    f();\n        g();\n    // [part]\n}\n"


class DocSnippets(unittest.TestCase):
    def check(self, document):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "examples").mkdir()
            (root / "examples/a.cpp").write_text(PROGRAM)
            (root / "CMakeLists.txt").write_text("add(a)\n# [use]\nadd(b)\n# [use]\n")
            (root / "README.md").write_text(document)
            return [what for _, _, what in doc_snippets.check(root)]

    def test_a_block_that_is_cut_from_its_file_passes(self):
        self.assertEqual(self.check("<!-- from examples/a.cpp [part] -->\n```cpp\nf();\n    g();\n```\n"), [])

    def test_a_block_that_differs_is_found(self):
        self.assertEqual(len(self.check("<!-- from examples/a.cpp [part] -->\n```cpp\nf();\n```\n")), 1)

    def test_a_block_without_a_source_is_found(self):
        self.assertEqual(len(self.check("```cpp\nf();\n```\n")), 1)

    def test_a_source_that_is_not_there_is_found(self):
        self.assertEqual(len(self.check("<!-- from examples/b.cpp [part] -->\n```cpp\nf();\n```\n")), 1)
        self.assertEqual(len(self.check("<!-- from examples/a.cpp [other] -->\n```cpp\nf();\n```\n")), 1)

    def test_other_blocks_are_left_alone(self):
        self.assertEqual(self.check("```\nadd_subdirectory(picoxx)\n```\n"), [])

    def test_cmake_is_checked_like_code(self):
        self.assertEqual(self.check("<!-- from CMakeLists.txt [use] -->\n```cmake\nadd(b)\n```\n"), [])
        self.assertEqual(len(self.check("<!-- from CMakeLists.txt [use] -->\n```cmake\nadd(c)\n```\n")), 1)
        self.assertEqual(len(self.check("```cmake\nadd(b)\n```\n")), 1)


if __name__ == "__main__":
    unittest.main()
