#!/usr/bin/env python3
"""abi_golden.py's own tests: changes planted into the recorded ABI.

    abi_golden_tests.py GOLDEN
"""

import contextlib
import io
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

import abi_golden

GOLDEN = Path(sys.argv[1]).read_text(encoding="utf-8")


class AbiGolden(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="picoxx-abi-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.golden = self.folder / "golden.txt"
        self.golden.write_text(GOLDEN, encoding="utf-8")

    def compare(self, now, *options):
        """(exit status, what was said) for a program that prints `now`."""
        dump = self.folder / "dump"
        dump.write_text(f"#!/bin/sh\ncat <<'END'\n{now}END\n", encoding="utf-8")
        dump.chmod(0o755)
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = abi_golden.main([str(self.golden), str(dump), *options])
        return status, said.getvalue()

    def edited(self, *edits):
        text = GOLDEN
        for old, new in edits:
            self.assertEqual(text.count(old), 1, old)
            text = text.replace(old, new)
        return text

    BIGGER_CANDIDATE = ("  size 112, aligned to 8\n  0 id: std::string_view", "  size 120, aligned to 8\n  0 id: std::string_view")
    STRATEGY_2 = ("interface picoxx.balance_strategy version 1", "interface picoxx.balance_strategy version 2")

    def test_the_same_abi_passes(self):
        self.assertEqual(self.compare(GOLDEN), (0, ""))

    def assert_refused(self, now, *parts):
        status, said = self.compare(now)
        self.assertEqual(status, 1)
        for part in parts:
            self.assertIn(part, said)
        self.assertEqual(self.compare(now, "--update")[0], 1)
        self.assertEqual(self.golden.read_text(encoding="utf-8"), GOLDEN)

    def test_a_struct_that_changed_asks_for_the_version_of_the_port_that_passes_it(self):
        old, new = "  84 in_flight: unsigned int\n  88 idle: unsigned int", "  84 idle: unsigned int\n  88 in_flight: unsigned int"
        self.assert_refused(self.edited((old, new)),
                            "picoxx.balance_strategy: its ABI changed, and its version is still 1:\n  struct Candidate\n",
                            "    +84 idle: unsigned int\n",
                            "To do: raise interface_version of that port to 2.")

    def test_a_function_in_another_place_is_told(self):
        old, new = "2 level: LogLevel (LogSink::*)() noexcept const\n  3 write:", "3 level: LogLevel (LogSink::*)() noexcept const\n  2 write:"
        self.assert_refused(self.edited((old, new)), "picoxx.log_sink: its ABI changed", "    -2 level: ")

    def test_a_data_member_more_of_a_port_asks_for_its_version(self):
        edit = ("interface picoxx.log_sink version 2\n  size 8, aligned to 8", "interface picoxx.log_sink version 2\n  size 16, aligned to 8")
        self.assert_refused(self.edited(edit), "picoxx.log_sink: its ABI changed", "    -size 8, aligned to 8\n    +size 16, aligned to 8\n")

    def test_a_data_member_more_of_a_class_asks_for_the_versions_of_the_ports_that_pass_it(self):
        title = "class ResponseSink of picoxx.transport picoxx.discovery_source picoxx.statement_router\n"
        self.assert_refused(self.edited((f"{title}  size 8", f"{title}  size 16")), "picoxx.transport: its ABI changed",
                            "picoxx.discovery_source: its ABI changed", "picoxx.statement_router: its ABI changed")

    def test_a_type_of_several_ports_asks_for_all_their_versions(self):
        edit = ("  0 host: std::string\n  32 port: unsigned short", "  0 host: std::string\n  32 port: unsigned int")
        self.assert_refused(self.edited(edit), "picoxx.transport: its ABI changed", "picoxx.discovery_source: its ABI changed",
                            "picoxx.statement_router: its ABI changed")
        half = self.edited(edit, ("interface picoxx.transport version 2", "interface picoxx.transport version 3"))
        status, said = self.compare(half)
        self.assertEqual(status, 1)
        self.assertNotIn("picoxx.transport: its ABI changed", said)
        self.assertIn("picoxx.discovery_source: its ABI changed", said)

    def test_the_descriptor_asks_for_the_plugin_abi(self):
        self.assert_refused(self.edited(("  8 text: char [504]", "  8 text: char [500]")),
                            "plugin_abi: its ABI changed, and its version is still 1.0:", "PICOXX_PLUGIN_ABI_MAJOR")

    def test_a_new_port_asks_for_the_plugin_abi(self):
        now = GOLDEN + "\ninterface picoxx.weather version 1\n  2 ask: int (Weather::*)() noexcept\n"
        self.assert_refused(now, "plugin_abi: its ABI changed", "  interface picoxx.weather is new", "PICOXX_PLUGIN_ABI_MINOR")
        raised = now.replace("plugin_abi version 1.0", "plugin_abi version 1.1")
        self.assertEqual(self.compare(raised, "--update"), (0, ""))

    def test_a_type_that_one_more_port_passes_asks_for_that_one(self):
        now = self.edited(("struct LogRecord of picoxx.log_sink\n", "struct LogRecord of picoxx.log_sink picoxx.transport\n"))
        self.assert_refused(now, "picoxx.transport: its ABI changed", "is passed by picoxx.log_sink picoxx.transport, was by")
        self.assertNotIn("picoxx.log_sink: its ABI changed", self.compare(now)[1])

    def test_with_the_version_raised_it_says_how_to_record_and_does(self):
        now = self.edited(self.BIGGER_CANDIDATE, self.STRATEGY_2)
        status, said = self.compare(now)
        self.assertEqual(status, 1)
        self.assertIn("picoxx.balance_strategy: version 1 became 2\n  struct Candidate\n", said)
        self.assertRegex(said, r"To do: record the new ABI: .* --update\n$")
        self.assertEqual(self.compare(now, "--update"), (0, ""))
        self.assertEqual(self.compare(now), (0, ""))

    def test_a_version_that_was_raised_alone_is_recorded_too(self):
        now = self.edited(self.STRATEGY_2)
        self.assertIn("version 1 became 2", self.compare(now)[1])
        self.assertEqual(self.compare(now, "--update"), (0, ""))

    def test_a_version_never_falls(self):
        self.assert_refused(self.edited(("interface picoxx.log_sink version 2", "interface picoxx.log_sink version 1")),
                            "picoxx.log_sink: version 1 is lower than 2")

    def test_another_build_is_left_alone(self):
        now = GOLDEN.replace("libstdc++", "libc++")
        self.assertEqual(self.compare(now)[0], abi_golden.SKIPPED)

    def test_the_first_record_is_just_written(self):
        self.golden.unlink()
        self.assertEqual(self.compare(GOLDEN, "--update"), (0, ""))
        self.assertEqual(self.golden.read_text(encoding="utf-8"), GOLDEN)

    def test_ports_and_descriptor_are_recorded(self):
        recorded = abi_golden.Abi(GOLDEN)
        self.assertEqual(set(recorded.versions), {"plugin_abi", "picoxx.balance_strategy", "picoxx.transport",
                                                  "picoxx.discovery_source", "picoxx.statement_router", "picoxx.log_sink"})
        for title, (owners, lines) in recorded.sections.items():
            with self.subTest(title=title):
                self.assertRegex(lines[0], r"^size \d+, aligned to \d+$")
                self.assertLessEqual(owners, set(recorded.versions))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
