#!/usr/bin/env python3
"""What is in the Debian package, and what it says of itself.

    deb_tests.py FOLDER VERSION
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

FOLDER, VERSION = Path(sys.argv[1]), sys.argv[2]


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class DebianPackage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        (cls.package,) = FOLDER.glob("*.deb")
        cls.lines = [line.split(maxsplit=5) for line in output_of("dpkg-deb", "-c", cls.package).splitlines()]
        cls.files = {line[5].removeprefix(".") for line in cls.lines}

    def field(self, name):
        return output_of("dpkg-deb", "-f", self.package, name).strip()

    def packages(self, name):
        """The names, where one of several will do all of them."""
        return {entry.split("(")[0].strip() for entry in re.split("[,|]", self.field(name))}

    def file_text(self, name):
        with tempfile.TemporaryDirectory() as folder:
            output_of("dpkg-deb", "-x", self.package, folder)
            return Path(folder + name).read_text(encoding="utf-8")

    def test_the_fields_are_those_of_a_development_package(self):
        architecture = output_of("dpkg", "--print-architecture").strip()
        self.assertEqual(self.package.name, f"libpicoxx-dev_{VERSION}-1_{architecture}.deb")
        self.assertEqual(self.field("Package"), "libpicoxx-dev")
        self.assertEqual(self.field("Version"), f"{VERSION}-1")
        self.assertEqual(self.field("Architecture"), architecture)
        self.assertEqual(self.field("Section"), "libdevel")
        self.assertRegex(self.field("Maintainer"), r"^.+ <.+@.+>$")
        summary, *more = self.field("Description").splitlines()
        self.assertLess(len(summary), 80)
        self.assertTrue(more)

    def test_what_programs_need_to_compile_and_link_comes_along(self):
        depends = self.packages("Depends")
        self.assertLessEqual({"libboost-dev", "libboost1.81-dev", "libpq-dev", "libspdlog-dev"}, depends)
        self.assertLessEqual({"libgtest-dev", "libgmock-dev"}, self.packages("Recommends"))
        if any(name.endswith("/plugins-1/picoxx_libpq.so") for name in self.files):
            self.assertLessEqual({"libc6", "libpq5", "libstdc++6"}, depends)
        if "/usr/bin/picoxx-devcluster" in self.files:
            self.assertLessEqual({"libc6", "libpq5"}, depends)
            self.assertTrue({"libssl3", "libssl3t64"} & depends, depends)

    def test_everything_is_roots_below_usr_and_writable_by_root_only(self):
        for mode, owner, *_, name in self.lines:
            self.assertEqual(owner, "root/root", name)
            self.assertTrue(name.startswith("./usr/") or name == "./", name)
            self.assertNotEqual(mode[5] + mode[8], "ww", name)
            self.assertEqual(mode[8], "-", name)

    def test_headers_libraries_and_the_cmake_package_are_there(self):
        self.assertIn("/usr/include/picoxx/client.hpp", self.files)
        for end in ("/libpicoxx_core.a", "/libpicoxx_libpq.a", "/cmake/picoxx/picoxxConfig.cmake"):
            self.assertTrue(any(name.startswith("/usr/lib/") and name.endswith(end) for name in self.files), end)

    def test_plugins_and_the_programs_that_look_at_them_are_there(self):
        plugins = {Path(name).name for name in self.files if re.fullmatch(r"/usr/lib/(.*/)?picoxx/plugins-1/[^/]+", name)}
        shipped = ("least_busy", "libpq", "picodata", "random", "round_robin", "spdlog")
        self.assertEqual(plugins, {f"picoxx_{name}.so" for name in shipped})
        self.assertLessEqual({"/usr/bin/picoxx-plugin-info", "/usr/bin/picoxx-plugin-check"}, self.files)

    def test_copyright_and_changelogs_stand_where_debian_looks_for_them(self):
        documents = {name for name in self.files if name.startswith("/usr/share/doc/") and not name.endswith("/")}
        folder = "/usr/share/doc/libpicoxx-dev"
        self.assertEqual(documents, {f"{folder}/{name}" for name in ("copyright", "changelog.gz", "changelog.Debian.gz")})
        text = self.file_text(f"{folder}/copyright")
        self.assertIn("\nLicense: BSD-2-Clause\n Redistribution and use in source and binary forms", text)
        self.assertIn("THE POSSIBILITY OF SUCH DAMAGE.", text)

    def test_static_libraries_carry_no_debugging_information(self):
        with tempfile.TemporaryDirectory() as folder:
            output_of("dpkg-deb", "-x", self.package, folder)
            for library in Path(folder).rglob("*.a"):
                self.assertNotIn(".debug_info", output_of("objdump", "-h", library), library.name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
