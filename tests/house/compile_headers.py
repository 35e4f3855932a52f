#!/usr/bin/env python3
"""Compiles every header below a folder alone, as the first and only include of a file, twice over (include guards).

    compile_headers.py FOLDER COMPILER [ARG...]

Exits 1 if one does not compile, 77 (ctest: skipped) if the compiler is not installed, 2 if there is no header.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SKIPPED = 77


def errors_of(header, command):
    """What the compiler says against a header; empty if it likes it."""
    source = f'#include "{header}"\n#include "{header}"\n'
    done = subprocess.run(
        [*command, "-fsyntax-only", "-x", "c++", "-"], input=source, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ""
    return done.stdout + done.stderr or f"exit status {done.returncode}"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder, command = Path(sys.argv[1]).resolve(), sys.argv[2:]
    if not shutil.which(command[0]):
        print(f"skipped: there is no {command[0]}")
        sys.exit(SKIPPED)
    headers = sorted(folder.rglob("*.hpp"))
    if not headers:
        print(f"no headers below {folder}")
        sys.exit(2)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda header: errors_of(header, command), headers))
    for header, errors in zip(headers, results):
        if errors:
            print(f"{header.relative_to(folder)} does not compile alone:\n{errors}")
    failed = sum(1 for errors in results if errors)
    print(f"{len(headers)} headers, {failed} of them do not compile alone")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
