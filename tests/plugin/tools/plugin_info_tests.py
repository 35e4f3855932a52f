#!/usr/bin/env python3
"""picoxx-plugin-info: what it says of plugins that would be loaded, of others, and of what is no plugin.

    plugin_info_tests.py PROGRAM FOLDER_OF_SHIPPED_PLUGINS FOLDER_OF_TEST_PLUGINS
"""

import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROGRAM, SHIPPED, MODULES = (Path(argument) for argument in sys.argv[1:4])

MAGIC = b"\x8bPICOXX-PLUGIN\r\n"
COMPONENTS = {
    "least_busy": ["picoxx.balance_strategy/least_busy"],
    "libpq": ["picoxx.transport/libpq"],
    "picodata": ["picoxx.discovery_source/picodata", "picoxx.statement_router/picodata"],
    "random": ["picoxx.balance_strategy/random"],
    "round_robin": ["picoxx.balance_strategy/round_robin"],
    "spdlog": ["picoxx.log_sink/spdlog"],
}


def ask(*arguments, **options):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, **options)


def values(output, key):
    return [line.split(":", 1)[1].strip() for line in output.splitlines() if line.startswith(key + ":")]


class PluginInfo(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="picoxx-plugin-info-")).resolve()
        self.addCleanup(shutil.rmtree, self.folder)

    def copy_of(self, plugin, edit=lambda content: content):
        """A copy where nobody else may write, whatever the build tree allows."""
        path = self.folder / plugin.name
        path.write_bytes(edit(plugin.read_bytes()))
        path.chmod(0o644)
        return path

    def shipped(self, name, edit=lambda content: content):
        return self.copy_of(SHIPPED / f"picoxx_{name}.so", edit)

    @staticmethod
    def stamped(offset, value):
        """An edit of the stamp."""

        def edit(content):
            content = bytearray(content)
            start = content.index(MAGIC) + offset
            content[start : start + len(value)] = value
            return bytes(content)

        return edit

    def refused(self, *arguments):
        done = ask(*arguments)
        self.assertEqual((done.returncode, done.stderr), (1, ""), done)
        self.assertEqual(len(values(done.stdout, "refused")), 1)
        return done.stdout

    def test_every_shipped_plugin_would_be_loaded(self):
        found = sorted(SHIPPED.glob("picoxx_*.so"))
        self.assertLessEqual({f"picoxx_{name}.so" for name in COMPONENTS if name != "spdlog"}, {path.name for path in found})
        for plugin in found:
            name = plugin.stem.removeprefix("picoxx_")
            with self.subTest(plugin=name):
                path = self.copy_of(plugin)
                done = ask(path)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done)
                self.assertEqual(values(done.stdout, "file"), [str(path)])
                self.assertEqual(values(done.stdout, "name"), [name])
                self.assertEqual(values(done.stdout, "plugin ABI"), ["1.0"])
                self.assertEqual(values(done.stdout, "flags"), ["keep_mapped" if name in ("libpq", "spdlog") else "none"])
                self.assertRegex(values(done.stdout, "build")[0], r"^\w+;itanium;\S+;\w+$")
                self.assertRegex(values(done.stdout, "toolchain")[0], r"^(gcc|clang) \d")
                for key in ("version", "picoxx"):
                    self.assertRegex(values(done.stdout, key)[0], r"^\d+\.\d+\.\d+$")
                listed = values(done.stdout, "component")
                self.assertEqual([line.split(",")[0] for line in listed], COMPONENTS[name])
                self.assertRegex(listed[0], r", interface version \d: \w")
                self.assertEqual(values(done.stdout, "verdict"), ["this program would load it"])
                self.assertEqual(values(done.stdout, "refused"), [])
                self.assertEqual(values(done.stdout, "note"), [])

    def test_a_path_that_a_person_typed_may_be_relative(self):
        self.shipped("random")
        done = ask("picoxx_random.so", cwd=self.folder)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(values(done.stdout, "file"), [str(self.folder / "picoxx_random.so")])

    def test_a_name_under_which_nobody_looks_for_it_is_noted(self):
        path = self.shipped("random").rename(self.folder / "picoxx_chance.so")
        done = ask(path)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(values(done.stdout, "note"), ['load("random") looks for picoxx_random.so'])

    def test_a_text_is_refused(self):
        path = self.folder / "text.so"
        path.write_text("hello\n", encoding="utf-8")
        path.chmod(0o644)
        output = self.refused(path)
        self.assertEqual(values(output, "refused"),
                         [f'plugin_not_a_library: plugin "{path}": not an ELF shared library (6 bytes)'])
        self.assertEqual(values(output, "name"), [])

    def test_a_file_that_is_not_there_is_refused(self):
        path = self.folder / "nothing.so"
        self.assertIn("plugin_not_found: ", self.refused(path))

    def test_a_plugin_of_another_build_is_described_and_refused(self):
        own = values(ask(SHIPPED / "picoxx_random.so").stdout, "build")[0]
        other = own.replace("libstdc++/cxx11", "libc++/abi1")
        self.assertNotEqual(own, other)
        output = self.refused(self.shipped("random", self.stamped(40, other.encode().ljust(80, b"\0"))))
        self.assertEqual(values(output, "name"), ["random"])
        self.assertEqual(values(output, "build"), [other])
        self.assertEqual(len(values(output, "component")), 1)
        self.assertRegex(values(output, "refused")[0],
                         f'^plugin_build_mismatch: plugin "[^"]+": not binary compatible: built as "{re.escape(other)}" with ')

    def test_a_plugin_for_a_newer_abi_is_described_and_refused(self):
        output = self.refused(self.shipped("random", self.stamped(24, struct.pack("=II", 2, 0x000500))))
        self.assertEqual((values(output, "plugin ABI"), values(output, "picoxx")), (["1.2"], ["0.5.0"]))
        self.assertRegex(values(output, "refused")[0], r"^plugin_core_too_old: .*needs plugin ABI 1\.2 \(picoxx 0\.5\.0\)")

    def test_a_plugin_that_others_may_change_is_described_and_refused(self):
        path = self.shipped("random")
        path.chmod(0o666)
        output = self.refused(path)
        self.assertEqual(values(output, "name"), ["random"])
        self.assertEqual(values(output, "refused"),
                         [f'plugin_insecure_path: plugin "{path}": refused: "{path}" is writable by everyone'])

    @unittest.skipIf(os.geteuid() != 0, "only root can give files away")
    def test_a_plugin_of_another_owner_is_described_and_refused(self):
        path = self.shipped("random")
        os.chown(path, 65534, 65534)
        output = self.refused(path)
        self.assertEqual(values(output, "name"), ["random"])
        self.assertRegex(values(output, "refused")[0], r'^plugin_insecure_path: .* is owned by uid 65534, expected root')

    def test_control_characters_do_not_reach_the_terminal(self):
        path = self.folder / "a\x1b[1m\nb.so"
        self.assertNotRegex(self.refused(path), r"[^\n -~]|^b\.so")

    def test_no_code_of_the_plugin_runs(self):
        done = ask(self.copy_of(MODULES / "picoxx_ends_the_process.so"))
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(values(done.stdout, "name"), ["ends_the_process"])

    def test_several_files_are_told_one_after_another_and_one_refusal_counts(self):
        good = self.shipped("random")
        output = self.refused(good, self.folder / "nothing.so", good)
        self.assertEqual(len(values(output, "file")), 3)
        self.assertEqual((len(values(output, "verdict")), len(values(output, "refused"))), (2, 1))

    def test_wrong_usage_is_told_apart(self):
        for arguments in ([], ["--hlep"], ["-v"], [""]):
            with self.subTest(arguments=arguments):
                done = ask(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("usage: picoxx-plugin-info FILE...", done.stderr)

    def test_help_and_version(self):
        self.assertRegex(ask("--help").stdout, r"^usage: picoxx-plugin-info FILE\.\.\.\n")
        done = ask("--version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"^picoxx-plugin-info \d+\.\d+\.\d+, plugin ABI 1\.0, \w+;itanium;.* \((gcc|clang) ")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
