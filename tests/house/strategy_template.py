#!/usr/bin/env python3
"""strategies/round_robin is what an author copies: it stays so short that it is read at a glance.

    strategy_template.py FOLDER

Counts all lines of all files below FOLDER, and exits 1 where there are more than 40.
"""

import sys
from pathlib import Path

MOST_LINES = 40


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    counts = {
        path.relative_to(folder): len(path.read_text(encoding="utf-8").splitlines())
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    for path, count in counts.items():
        print(f"{count:4} {path}")
    total = sum(counts.values())
    print(f"{total:4} in all, of at most {MOST_LINES}")
    sys.exit(1 if total > MOST_LINES or len(counts) < 3 else 0)


if __name__ == "__main__":
    main()
