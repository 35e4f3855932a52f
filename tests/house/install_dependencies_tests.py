#!/usr/bin/env python3
"""tests/install_dependencies' own tests, with scripts in place of apt and of the list of what is installed."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[1] / "install_dependencies"
ENOUGH = """build-essential 12, cmake 3.25.1, ninja-build 1.11, pkg-config 1.8, ccache 4.7, libboost1.81-dev 1.81.0, libpq-dev 15.18,
libspdlog-dev 1.10, libssl-dev 3.0, postgresql-15 15.18, openssl 3.0, libgtest-dev 1.12, libgmock-dev 1.12, python3 3.11,
valgrind 3.19, file 5.44, git 2.39, python3-venv 3.11, clang-14 1:14.0.6, clang-tidy-14 1:14.0.6,
libclang-rt-14-dev 1:14.0.6, doxygen 1.9"""
DPKG_QUERY = f"""#!{sys.executable} -IS
import fnmatch, os, sys
for line in open(os.environ["HERE"] + "/installed"):
    name, version = line.split()
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in sys.argv[4:]):
        print("installed", version)
"""
APT_CACHE = f"""#!{sys.executable} -IS
import os, sys
known = dict(line.split() for line in open(os.environ["HERE"] + "/known"))
if sys.argv[1] == "pkgnames":
    print(*(name for name in known if name.startswith(sys.argv[2])), sep="\\n")
elif sys.argv[2] in known:
    print(sys.argv[2] + ":\\n  Installed: (none)\\n  Candidate: " + known[sys.argv[2]])
"""
APT_GET = f"""#!{sys.executable} -IS
import os, sys
here, words = os.environ["HERE"], sys.argv[1:]
with open(here + "/calls", "a") as calls:
    print(*words, file=calls)
if "install" in words:
    known = dict(line.split() for line in open(here + "/known"))
    with open(here + "/installed", "a") as installed:
        for name in words[words.index("--no-install-recommends") + 1:]:
            print(name, known[name], file=installed)
"""


def lines(packages):
    return "".join(f"{package.strip()}\n" for package in packages.split(","))


@unittest.skipUnless(shutil.which("dpkg"), "no Debian")
class InstallDependencies(unittest.TestCase):
    def setUp(self):
        self.here = Path(tempfile.mkdtemp(prefix="picoxx-install-dependencies-"))
        self.addCleanup(shutil.rmtree, self.here)
        programs = {"dpkg-query": DPKG_QUERY, "apt-cache": APT_CACHE, "apt-get": APT_GET, "id": "#!/bin/sh\necho 1000\n"}
        programs["sudo"] = '#!/bin/sh\n[ "$2" != DEBIAN_FRONTEND=noninteractive ] || exec "$@"\n'  # else it is about files of the system
        for name, text in programs.items():
            (self.here / name).write_text(text, encoding="utf-8")
            (self.here / name).chmod(0o755)

    def install(self, what, installed, known=""):
        (self.here / "installed").write_text(lines(installed), encoding="utf-8")
        (self.here / "known").write_text(lines(known) if known else "", encoding="utf-8")
        done = subprocess.run(
            [SCRIPT, what],
            env={**os.environ, "HERE": str(self.here), "PATH": f"{self.here}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, done.stdout

    def calls(self):
        file = self.here / "calls"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def installed_of(self, missing, known):
        """What is installed on a machine that lacks `missing`, where apt knows `known`."""
        there = ", ".join(p for p in ENOUGH.split(",") if p.split()[0] not in missing.split())
        status, output = self.install("ci", there, known)
        self.assertEqual(status, 0, output)
        return self.calls().splitlines()[-1].partition(" --no-install-recommends ")[2]

    def test_nothing_is_done_where_all_is_there(self):
        for what in ("examples", "tests", "ci"):
            self.assertEqual(self.install(what, ENOUGH), (0, ""))
        self.assertEqual(self.calls(), "")

    def test_other_versions_of_what_is_needed_will_do(self):
        newer = ENOUGH.replace("postgresql-15 15.18", "postgresql-17 17.6").replace("libboost1.81-dev 1.81.0", "libboost-dev 1.83.0.2")
        newer = newer.replace("-14 1:14", "-19 1:19").replace("rt-14-dev 1:14", "rt-19-dev 1:19")
        self.assertEqual(self.install("ci", newer), (0, ""))

    def test_the_newest_boost_with_a_version_in_its_name_is_taken_where_the_default_is_too_old(self):
        known = "libboost-dev 1.74.0.3, libboost1.74-dev 1.74.0, libboost1.81-dev 1.81.0, libboost1.81-all-dev 1.81.0"
        self.assertEqual(self.installed_of("libboost1.81-dev", known), "libboost1.81-dev")

    def test_the_default_boost_is_taken_where_it_is_new_enough(self):
        known = "libboost-dev 1.83.0.2, libboost1.83-dev 1.83.0, libboost1.88-dev 1.88.0"
        self.assertEqual(self.installed_of("libboost1.81-dev", known), "libboost-dev")

    def test_a_package_that_is_too_old_does_not_count_whatever_its_epoch(self):
        old = ENOUGH.replace("clang-14 1:14.0.6", "clang-13 1:13.0.1")
        status, output = self.install("ci", old, "clang 1:14.0, clang-13 1:13.0.1")
        self.assertEqual(status, 0, output)
        self.assertIn("installing clang\n", output)

    def test_postgresql_is_found_under_either_name(self):
        self.assertEqual(self.installed_of("postgresql-15", "postgresql 17+278, postgresql-17 17.6"), "postgresql")
        self.assertEqual(self.installed_of("postgresql-15", "postgresql-16 16.2, postgresql-17 17.6"), "postgresql-17")

    def test_what_apt_does_not_know_is_named_and_nothing_installed(self):
        status, output = self.install("examples", ENOUGH.replace("libpq-dev 15.18", "libpq-dev 13.1"), "libpq-dev 13.1")
        self.assertNotEqual(status, 0)
        self.assertIn("apt knows no package for: libpq-dev >= 14", output)
        self.assertNotIn("install", self.calls())

    def test_an_unknown_word_is_refused(self):
        status, output = self.install("everything", ENOUGH)
        self.assertEqual(status, 2)
        self.assertIn("[examples|tests|ci]", output)


if __name__ == "__main__":
    unittest.main()
