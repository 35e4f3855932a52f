#!/usr/bin/env python3
"""The house rules' own tests: each rule sees the violation planted for it, and leaves a clean tree alone."""

import contextlib
import io
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import compile_headers
import include_rules

HERE = Path(__file__).resolve().parent

CLEAN_TREE = {
    "core/include/picoxx/port/error.hpp": "#pragma once\n#include <string>\n",
    "core/include/picoxx/port/transport.hpp": "#pragma once\n#include <picoxx/port/error.hpp>\n#include <span>\n",
    "core/include/picoxx/port/plugin.h": "#include <stdint.h>\n#include <stddef.h>\n",
    "core/include/picoxx/client.hpp": "#include <boost/asio/io_context.hpp>\n#include <picoxx/port/error.hpp>\n",
    "core/src/client/client.cpp": '#include <picoxx/client.hpp>\n#include "call/call_fsm.hpp"\n#include <poll.h>\n',
    "core/src/call/call_fsm.hpp": "#include <picoxx/port/error.hpp>\n",
    "core/src/client/client.hpp": '#include "call/call_fsm.hpp"\n#include "client/jobs.hpp"\n',
    "core/src/client/jobs.hpp": "#include <memory>\n",
    "core/src/plugin/loader.cpp": "#include <boost/dll/shared_library.hpp>\n",
    "adapters/libpq/CMakeLists.txt": "# not picoxx::core\npicoxx_add_component(libpq SOURCES src/session.cpp)\n",
    "adapters/libpq/include/picoxx/libpq/transport.hpp": "#include <picoxx/port/transport.hpp>\n",
    "adapters/libpq/src/session.hpp": "#include <libpq-fe.h>\n",
    "adapters/libpq/src/session.cpp": '#include "session.hpp"\n#include <picoxx/libpq/transport.hpp>\n',
    "adapters/spdlog/include/picoxx/spdlog/log_sink.hpp": "#include <spdlog/logger.h>\n",
    "adapters/bundle/CMakeLists.txt": "target_link_libraries(picoxx_picoxx PUBLIC picoxx::core)\n",
    "adapters/bundle/include/picoxx/picoxx.hpp": "#include <picoxx/client.hpp>\n#include <picoxx/random/random.hpp>\n",
    "strategies/random/include/picoxx/random/random.hpp": "#include <picoxx/port/error.hpp>\n",
    "strategies/random/src/random.cpp": "#include <picoxx/random/random.hpp>\n",
    "strategies/round_robin/include/picoxx/round_robin/round_robin.hpp": "#include <picoxx/port/error.hpp>\n",
    "plugins/random/descriptor.cpp": "#include <picoxx/random/random.hpp>\n#include <picoxx/port/error.hpp>\n",
    "tests/unit/libpq/session_test.cpp": '#include "../../../adapters/libpq/src/session.hpp"\n#include <libpq-fe.h>\n',
    "tests/unit/spdlog/log_sink_test.cpp": "#include <spdlog/sinks/ostream_sink.h>\n",
    "examples/quickstart.cpp": "#include <picoxx/client.hpp>\n#include <iostream>\n",
    "examples/not_really.cpp": '// #include <boost/asio.hpp>\n/*\n#include <libpq-fe.h>\n*/\nauto x = R"(\n#include <spdlog/x.h>\n)";\n',
}

# rule -> [(file, content, line)]: each breaks that rule, once, in that line
PLANTED = {
    "port-standard-only": [
        ("core/include/picoxx/port/a.hpp", "#include <string>\n#include <boost/asio/io_context.hpp>\n", 2),
        ("core/include/picoxx/port/b.hpp", "#include <picoxx/client.hpp>\n", 1),
        ("core/include/picoxx/port/c.hpp", "#include <poll.h>\n", 1),
        ("core/include/picoxx/port/c.h", "#include <string>\n", 1),
        ("core/include/picoxx/port/c2.hpp", "#include <stdint.h>\n", 1),
        ("core/include/picoxx/port/d.hpp", '\n#  include "../client.hpp"\n', 2),
    ],
    "core-only": [
        ("core/src/client/a.cpp", "#include <picoxx/client.hpp>\n#include <picoxx/libpq/transport.hpp>\n", 2),
        ("core/src/client/b.cpp", '#include "../../../strategies/random/include/picoxx/random/random.hpp"\n', 1),
        ("core/include/picoxx/c.hpp", "#include <picoxx/round_robin/not_there_yet.hpp>\n", 1),
        ("core/include/picoxx/d.hpp", "#include <picoxx/strategies/random.hpp>\n", 1),
    ],
    "ports-only": [
        ("adapters/libpq/src/a.cpp", "#include <picoxx/client.hpp>\n", 1),
        ("adapters/libpq/src/b.cpp", "#include <picoxx/spdlog/log_sink.hpp>\n", 1),
        ("adapters/libpq/src/c.cpp", '#include "call/call_fsm.hpp"\n', 1),
        ("strategies/random/src/d.cpp", "#include <picoxx/round_robin/round_robin.hpp>\n", 1),
        ("strategies/random/include/picoxx/random/e.hpp", "#include <picoxx/client.hpp>\n", 1),
    ],
    "one-subject": [
        ("plugins/random/a.cpp", "#include <picoxx/round_robin/round_robin.hpp>\n", 1),
        ("plugins/random/b.cpp", "#include <picoxx/client.hpp>\n", 1),
    ],
    "private-header": [
        ("core/include/picoxx/a.hpp", '#include "call/call_fsm.hpp"\n', 1),
        ("adapters/libpq/include/picoxx/libpq/b.hpp", '#include "../../../src/session.hpp"\n', 1),
        ("examples/c.cpp", '#include "../core/src/call/call_fsm.hpp"\n', 1),
    ],
    "rooms": [
        ("core/src/call/a.hpp", '#include "client/client.hpp"\n', 1),
        ("core/src/log/a.cpp", '#include <string>\n#include "call/call_fsm.hpp"\n', 2),
        ("core/src/session/a.cpp", '#include "../call/call_fsm.hpp"\n', 1),
        ("core/src/attic/a.cpp", '#include "call/call_fsm.hpp"\n', 1),
    ],
    "libpq": [
        ("core/src/io/a.cpp", "#include <libpq-fe.h>\n", 1),
        ("adapters/picodata/src/b.cpp", "#include <postgresql/libpq-fe.h>\n", 1),
        ("examples/c.cpp", '#include "libpq-fe.h"\n', 1),
    ],
    "boost-dll": [
        ("core/src/client/a.cpp", "#include <boost/dll.hpp>\n", 1),
        ("tests/plugin/b.cpp", "#include <boost/dll/import.hpp>\n", 1),
        ("core/include/picoxx/d.hpp", "#include <boost/dll/shared_library.hpp>\n", 1),
        ("plugins/random/c.cpp", "#include <boost/dll/alias.hpp>\n", 1),
    ],
    "spdlog": [
        ("core/src/client/a.cpp", "#include <spdlog/spdlog.h>\n", 1),
        ("tests/unit/core/b.cpp", "#include <spdlog/logger.h>\n", 1),
    ],
    "narrow-asio": [
        ("core/src/client/a.cpp", "#include <boost/asio.hpp>\n", 1),
        ("examples/b.cpp", "#include <iostream>  // in and out\n#include <boost/asio.hpp>\n", 2),
        ("tests/unit/core/c.cpp", "/* the lot */ #include <boost/asio.hpp>\n", 1),
    ],
    "no-core-link": [
        ("strategies/random/CMakeLists.txt", "target_link_libraries(picoxx_random PUBLIC picoxx::core)\n", 1),
        ("plugins/random/CMakeLists.txt", "\ntarget_link_libraries(x picoxx_core)\n", 2),
    ],
}


def plant(root, tree):
    for name, content in tree.items():
        path = Path(root) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


class TemporaryFolder(unittest.TestCase):
    def setUp(self):
        self.root = Path(tempfile.mkdtemp(prefix="picoxx-house-"))
        self.addCleanup(shutil.rmtree, self.root)


class IncludeRules(TemporaryFolder):
    def test_a_clean_tree_breaks_no_rule(self):
        plant(self.root, CLEAN_TREE)
        self.assertEqual(list(include_rules.check(self.root)), [])

    def test_every_planted_violation_is_reported_with_file_line_and_rule(self):
        for rule, violations in PLANTED.items():
            for name, content, line in violations:
                with self.subTest(rule=rule, file=name):
                    root = Path(tempfile.mkdtemp(dir=self.root))
                    plant(root, CLEAN_TREE)
                    plant(root, {name: content})
                    self.assertEqual(list(include_rules.check(root)), [(Path(name), line, rule)])

    def test_every_rule_has_a_planted_violation(self):
        self.assertEqual(set(PLANTED), set(include_rules.RULES))

    def test_the_program_names_the_place_and_fails(self):
        plant(self.root, CLEAN_TREE)
        plant(self.root, {"core/src/client/a.cpp": "\n#include <boost/asio.hpp>\n"})
        done = self.run_program(self.root)
        self.assertEqual(done.returncode, 1)
        self.assertIn("core/src/client/a.cpp:2: narrow-asio: ", done.stdout)

    def test_the_program_passes_a_clean_tree(self):
        plant(self.root, CLEAN_TREE)
        self.assertEqual(self.run_program(self.root).returncode, 0)

    @staticmethod
    def run_program(root):
        return subprocess.run(
            [sys.executable, HERE / "include_rules.py", root], capture_output=True, text=True, check=False
        )


class CompileHeaders(TemporaryFolder):
    FLAGS = ["-std=c++20", "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]

    def exit_status(self, compiler="g++"):
        arguments = ["compile_headers.py", str(self.root), compiler, *self.FLAGS]
        with mock.patch.object(sys, "argv", arguments), contextlib.redirect_stdout(io.StringIO()):
            with self.assertRaises(SystemExit) as end:
                compile_headers.main()
        return end.exception.code

    def test_good_headers_pass(self):
        plant(self.root, {"a/one.hpp": "#pragma once\n#include <string>\nstd::string one();\n"})
        self.assertEqual(self.exit_status(), 0)

    def test_bad_headers_fail(self):
        for name, content in {
            "not self-contained": "#pragma once\nstd::string one();\n",
            "no include guard": "struct One {};\n",
            "throws": "#pragma once\ninline void one() { throw 1; }\n",
            "needs RTTI": "#pragma once\n#include <typeinfo>\ninline auto& one(int& i) { return typeid(i); }\n",
            "warns": "#pragma once\ninline int one(int unused) { return 1; }\n",
        }.items():
            with self.subTest(name):
                plant(self.root, {"good.hpp": "#pragma once\n", "one.hpp": content})
                self.assertEqual(self.exit_status(), 1)

    def test_a_missing_compiler_is_a_skip_and_no_header_an_error(self):
        self.assertEqual(self.exit_status(compiler="no-such-compiler"), compile_headers.SKIPPED)
        self.assertEqual(self.exit_status(), 2)


class ScriptsParse(TemporaryFolder):
    def exit_status(self):
        return subprocess.run([HERE / "scripts_parse", self.root], capture_output=True, check=False).returncode

    def test_good_scripts_pass_and_a_broken_one_fails(self):
        plant(self.root, {"good": "#!/usr/bin/env bash\necho good\n", "text": "if then fi (\n"})
        self.assertEqual(self.exit_status(), 0)
        plant(self.root, {"folder/bad": "#!/bin/bash\nif true; then\n"})
        self.assertNotEqual(self.exit_status(), 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
