#!/usr/bin/env python3
"""picoxx-plugin-check: passes the shipped plugins, and tells what is wrong with others.

    plugin_check_tests.py PROGRAM FOLDER_OF_SHIPPED_PLUGINS FOLDER_OF_TEST_PLUGINS [sanitized]
"""

import signal
import subprocess
import sys
import unittest
from pathlib import Path

PROGRAM, SHIPPED, MODULES = (Path(argument) for argument in sys.argv[1:4])
SANITIZED = sys.argv[4:] == ["sanitized"]

BAD = MODULES / "picoxx_against_the_contract.so"
STRATEGIES = ("least_busy", "random", "round_robin")


def ask(*arguments, **options):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False, **options)


def results(output):
    """check -> `ok` or what is wrong, of an output about one component."""
    lines = [line.split(": ", 2) for line in output.splitlines() if "/" in line.split(":")[0]]
    return {line[1]: line[2] for line in lines}


def failures(output):
    return {check: text for check, text in results(output).items() if text.startswith("FAILED")}


class PluginCheck(unittest.TestCase):
    def test_the_shipped_plugins_pass(self):
        for plugin in sorted(SHIPPED.glob("picoxx_*.so")):
            with self.subTest(plugin=plugin.name):
                done = ask(plugin)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
                self.assertEqual(done.stdout.splitlines()[0], "is_loaded: ok")
                found = results(done.stdout)
                for check in ("is_made", "refuses_unknown_options", "is_destroyed"):
                    self.assertEqual(found[check], "ok")
                if plugin.stem.removeprefix("picoxx_") in STRATEGIES:
                    for check in ("chooses_a_candidate_or_none", "allocates_nothing", "may_be_asked_from_many_threads_at_once"):
                        self.assertEqual(found[check], "ok")
                    self.assertRegex(found["time of a pick among 8 nodes"], r"^\d+\.\d ns$")

    def test_options_reach_the_component(self):
        plugin = SHIPPED / "picoxx_round_robin.so"
        self.assertEqual(ask(plugin, "round_robin", "start=2").returncode, 0)
        done = ask(plugin, "round_robin", "strat=2")
        self.assertEqual(done.returncode, 1)
        self.assertIn('unknown option "strat" (known: start)', results(done.stdout)["is_made"])

    def fails(self, component, *options):
        done = ask(BAD, component, *options)
        self.assertEqual((done.returncode, done.stderr), (1, ""), done.stdout)
        return failures(done.stdout)

    def test_allocations_are_counted(self):
        failed = self.fails("with_new")
        self.assertEqual(failed, {"allocates_nothing": "FAILED 1000 allocations in 1000 picks among 1 nodes"})

    @unittest.skipIf(SANITIZED, "malloc is the sanitizer's")
    def test_allocations_past_operator_new_are_counted(self):
        self.assertEqual(list(self.fails("with_malloc")), ["allocates_nothing"])

    def test_an_index_out_of_range_is_told(self):
        failed = self.fails("out_of_range")
        self.assertEqual(failed["chooses_a_candidate_or_none"], "FAILED returned 9999 for 3 nodes")

    def test_a_strategy_for_one_thread_fails_with_several(self):
        failed = self.fails("for_one_thread")
        self.assertEqual(list(failed), ["may_be_asked_from_many_threads_at_once"])

    def test_one_that_throws_when_made_is_told_with_its_words(self):
        failed = self.fails("throws_when_made")
        self.assertEqual(list(failed), ["is_made"])
        self.assertRegex(failed["is_made"], r": cannot reach the weather service$")

    def test_a_missing_option_fails_and_a_given_one_passes(self):
        self.assertRegex(self.fails("needs_zone")["is_made"], r": zone is missing$")
        done = ask(BAD, "needs_zone", "zone=a")
        self.assertEqual((done.returncode, failures(done.stdout)), (0, {}))

    def test_an_unknown_option_must_be_refused(self):
        failed = self.fails("takes_any_option")
        self.assertEqual(failed, {"refuses_unknown_options": "FAILED it was made with the option picoxx_no_such_option"})

    def test_a_component_that_cannot_be_checked_does_not_pass(self):
        self.assertEqual(list(self.fails("of_another_port")), ["is_of_a_known_port"])

    def test_without_a_name_all_components_are_checked(self):
        done = ask(BAD)
        self.assertEqual(done.returncode, 1)
        subjects = {line.split(": ")[0] for line in done.stdout.splitlines() if "/" in line.split(": ")[0]}
        self.assertEqual(len(subjects), 8)

    def test_a_component_that_is_not_there_is_told(self):
        done = ask(SHIPPED / "picoxx_random.so", "rundom")
        self.assertEqual(done.returncode, 1)
        self.assertIn("rundom: FAILED the plugin has no component of that name", done.stdout)

    def test_what_is_no_plugin_is_refused_as_a_program_would(self):
        done = ask(Path(__file__).resolve())
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stdout, r'^is_loaded: FAILED plugin "[^"]+": not an ELF shared library \(\d+ bytes\)\n$')

    @unittest.skipIf(SANITIZED, "the sanitizer ends the process in its own way")
    def test_code_that_runs_while_a_plugin_is_loaded_ends_this_program(self):
        done = ask(MODULES / "picoxx_ends_the_process.so")
        self.assertEqual(done.returncode, -signal.SIGABRT)

    def test_a_path_may_be_relative(self):
        self.assertEqual(ask("picoxx_random.so", cwd=SHIPPED).returncode, 0)

    def test_wrong_usage_is_told_apart(self):
        for arguments in ([], ["--hlep"], [""], ["a.so", "-x"], ["a.so", "a", "start"], ["a.so", "a", "=1"]):
            with self.subTest(arguments=arguments):
                done = ask(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertIn("usage: picoxx-plugin-check FILE", done.stderr)

    def test_help_and_version(self):
        self.assertRegex(ask("--help").stdout, r"^usage: picoxx-plugin-check FILE ")
        self.assertRegex(ask("--version").stdout, r"^picoxx-plugin-check \d+\.\d+\.\d+, \w+;itanium;")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
