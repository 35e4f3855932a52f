#!/usr/bin/env python3
"""What stands in the installed tree.

    tree_tests.py TREE SOURCES BUILD COMPONENT...
"""

import sys
import unittest
from pathlib import Path

TREE, SOURCES, BUILD = (Path(argument) for argument in sys.argv[1:4])
COMPONENTS = sys.argv[4:]


def names(pattern):
    return {str(path.relative_to(TREE)) for path in TREE.glob(pattern) if path.is_file()}


class InstalledTree(unittest.TestCase):
    def test_every_component_has_its_targets_file(self):
        found = {Path(name).name for name in names("lib*/**/cmake/picoxx/picoxx-*.cmake")}
        for component in COMPONENTS:
            self.assertIn(f"picoxx-{component}.cmake", found)

    def test_no_file_of_the_package_knows_where_it_was_built_or_installed(self):
        files = list(TREE.glob("lib*/**/*.cmake"))
        self.assertTrue(files)
        for path in files:
            text = path.read_text(encoding="utf-8")
            for place in (SOURCES, BUILD, TREE):
                self.assertNotIn(str(place), text, path)

    def test_all_public_headers_are_there_and_no_other(self):
        folders = [*SOURCES.glob("core/include"), *SOURCES.glob("adapters/*/include"), *SOURCES.glob("strategies/*/include")]
        folders.append(SOURCES / "tests/support/include")
        expected = {f"include/{path.relative_to(f)}" for f in folders for path in f.rglob("*.h*")}
        expected.discard("include/picoxx/testing/plain_postgres.hpp")  # for our own tests
        if "devcluster" not in COMPONENTS:
            expected.discard("include/picoxx/testing/dev_cluster.hpp")
        self.assertEqual(names("include/**/*"), expected)

    def test_programs_and_libraries_are_picoxx_own(self):
        programs = {"bin/picoxx-plugin-info"} if names("lib*/**/*.so") else set()  # PICOXX_BUILD_PLUGINS
        for component, program in {"devcluster": "bin/picoxx-devcluster", "testing": "bin/picoxx-plugin-check"}.items():
            if component in COMPONENTS:
                programs.add(program)
        self.assertEqual(names("bin/*"), programs)
        for name in names("lib*/**/*.a"):
            self.assertRegex(name, r"/libpicoxx_\w+\.a$")

    def test_plugins_are_where_they_are_looked_for(self):
        modules = {Path(name).name for name in names("lib*/**/*.so")}
        if modules:  # PICOXX_BUILD_PLUGINS
            self.assertEqual(names("lib*/**/picoxx/plugins-1/*"), names("lib*/**/*.so"))
            self.assertLessEqual({"picoxx_libpq.so", "picoxx_picodata.so", "picoxx_round_robin.so"}, modules)

    def test_the_licence_comes_along(self):
        self.assertEqual(names("share/doc/picoxx/*"), {"share/doc/picoxx/LICENSE", "share/doc/picoxx/CHANGELOG.md"})


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
