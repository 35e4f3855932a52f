#!/usr/bin/env python3
"""examples/run's own tests, with scripts in place of the programs that it starts."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

EXAMPLE = """#!/bin/bash
echo "$PICODATA_DSN" >"$HERE/dsn"
touch "$HERE/example_runs"
[[ -z ${WAITS:-} ]] || exec sleep 60
exit "${EXIT_STATUS:-0}"
"""
CLUSTER = """#!/bin/bash
trap '' INT TERM HUP
[[ -z ${CLUSTER_FAILS:-} ]] || exit 1
touch "$HERE/cluster_starts"
echo '{"dsn": "postgresql://admin:T0psecret@127.0.0.1:4327", "nodes": []}'
cat >/dev/null
touch "$HERE/cluster_ended"
"""


def eventually(condition):
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


class ExamplesRun(unittest.TestCase):
    def setUp(self):
        self.here = Path(tempfile.mkdtemp(prefix="picoxx-examples-run-"))
        self.addCleanup(shutil.rmtree, self.here)
        (self.here / "examples").mkdir()
        (self.here / "build/examples").mkdir(parents=True)
        shutil.copy(REPOSITORY / "examples/run", self.here / "examples/run")
        (self.here / "examples/quickstart.cpp").touch()
        for name, text in {"examples/quickstart": EXAMPLE, "examples/picoxx-devcluster": CLUSTER}.items():
            program = self.here / "build" / name
            program.write_text(text, encoding="utf-8")
            program.chmod(0o755)

    def start(self, *arguments, **environment):
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PICODATA", "PICOXX"))}
        return subprocess.Popen(
            [self.here / "examples/run", "--no-build", *arguments],
            env={**inherited, "HERE": str(self.here), **environment},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run_to_end(self, *arguments, **environment):
        script = self.start(*arguments, **environment)
        output, _ = script.communicate(timeout=60)
        return script.returncode, output

    def has(self, name):
        return (self.here / name).exists()

    def dsn_seen(self):
        return (self.here / "dsn").read_text(encoding="utf-8").strip()

    def test_the_example_gets_the_cluster_that_was_started_for_it_which_then_ends(self):
        status, output = self.run_to_end()
        self.assertEqual(status, 0, output)
        self.assertEqual(self.dsn_seen(), "postgresql://admin:T0psecret@127.0.0.1:4327")
        self.assertTrue(self.has("cluster_ended"))
        self.assertNotIn("T0psecret", output)

    def test_the_exit_status_is_the_examples(self):
        status, _ = self.run_to_end("quickstart", EXIT_STATUS="7")
        self.assertEqual(status, 7)
        self.assertTrue(self.has("cluster_ended"))

    def test_a_given_dsn_is_used_and_no_cluster_started(self):
        status, _ = self.run_to_end(PICODATA_DSN="postgresql://db.example", EXIT_STATUS="3")
        self.assertEqual(status, 3)
        self.assertEqual(self.dsn_seen(), "postgresql://db.example")
        self.assertFalse(self.has("cluster_starts"))

    def test_a_cluster_that_does_not_start_is_a_failure(self):
        status, output = self.run_to_end(CLUSTER_FAILS="1")
        self.assertNotEqual(status, 0)
        self.assertFalse(self.has("example_runs"))
        self.assertIn("did not start", output)

    def test_an_unknown_example_is_refused(self):
        for name in ("nothing", "../run"):
            status, output = self.run_to_end(name)
            self.assertEqual(status, 2, output)
            self.assertIn("NAME is one of: quickstart", output)

    def test_help_tells_the_examples(self):
        status, output = self.run_to_end("--help")
        self.assertEqual((status, output), (0, "usage: examples/run [--no-build] [NAME], where NAME is one of: quickstart \n"))

    def test_the_cluster_ends_however_the_script_is_ended(self):
        for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL):
            with self.subTest(end.name):
                for name in ("example_runs", "cluster_ended"):
                    (self.here / name).unlink(missing_ok=True)
                script = self.start(WAITS="1")
                self.assertTrue(eventually(lambda: self.has("example_runs")))
                script.send_signal(end)
                self.assertTrue(eventually(lambda: self.has("cluster_ended")))
                script.wait(timeout=60)
                self.assertNotEqual(script.returncode, 0)
                if end == signal.SIGKILL:  # the example is left over then: end its session
                    os.killpg(script.pid, signal.SIGKILL)
                script.stdout.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
