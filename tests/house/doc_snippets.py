#!/usr/bin/env python3
"""Checks that code shown in documentation is cut from files that are compiled or built.

    doc_snippets.py FOLDER

In a Markdown file of the repository at FOLDER, a block of C++ or CMake has the line `<!-- from FILE [NAME] -->` above it, and is what
stands in FILE between two lines `// [NAME]` or `# [NAME]`, without its common indentation. Prints `file:line: what is wrong` and exits
1 if anything is.
"""

import re
import sys
import textwrap
from pathlib import Path

CHECKED = ("```cpp", "```cmake")
SOURCE = re.compile(r"^<!-- from (\S+) \[(\w+)\] -->$")


def snippet(root, file, name):
    """The text between the two marks, or None."""
    path = root / file
    if not path.is_file():
        return None
    parts = re.split(rf"^[ \t]*(?://|#) \[{re.escape(name)}\]\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return textwrap.dedent(parts[1]) if len(parts) == 3 else None


def check(root):
    """(file, line, what) for every block that is not what it says."""
    root = Path(root)
    for path in sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")]):
        lines = path.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines):
            if line.strip() not in CHECKED:
                continue
            source = SOURCE.match(lines[number - 1]) if number else None
            if source is None:
                yield path.relative_to(root), number + 1, "a block does not say where it is cut from"
                continue
            end = next((i for i in range(number + 1, len(lines)) if lines[i].strip() == "```"), len(lines))
            shown = "".join(text + "\n" for text in lines[number + 1 : end])
            compiled = snippet(root, source.group(1), source.group(2))
            if compiled is None:
                yield path.relative_to(root), number + 1, f"{source.group(1)} has no part [{source.group(2)}]"
            elif compiled != shown:
                yield path.relative_to(root), number + 1, f"differs from {source.group(1)} [{source.group(2)}]"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(check(sys.argv[1]))
    for path, line, what in found:
        print(f"{path}:{line}: {what}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
