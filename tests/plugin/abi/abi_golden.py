#!/usr/bin/env python3
"""Whether the ABI between picoxx and its plugins is the recorded one, or its version was raised.

    abi_golden.py GOLDEN PROGRAM            compares what PROGRAM (picoxx_abi_dump) prints with the file GOLDEN
    abi_golden.py GOLDEN PROGRAM --update   records it, where every version that must be raised is

Exits 0 if both are the same, 1 if not, 77 (ctest: skipped) for a build that GOLDEN is not about.
"""

import difflib
import subprocess
import sys
from pathlib import Path

PLUGIN_ABI = "plugin_abi"
SKIPPED = 77
RAISE_PLUGIN_ABI = (
    "raise PICOXX_PLUGIN_ABI_MAJOR (picoxx/port/plugin.h) where old plugins would mean something else by it, "
    "PICOXX_PLUGIN_ABI_MINOR where something optional was added"
)


class Abi:
    """A dump: its build, the version of each port and of the plugin ABI, and its sections: title -> (owners, lines)."""

    def __init__(self, text):
        self.build = ""
        self.versions = {}
        self.sections = {}
        lines = None
        for line in text.splitlines():
            if not line:
                continue
            if line.startswith("  "):
                lines.append(line.strip())
                continue
            kind, rest = line.split(" ", 1)
            if kind == "build":
                self.build = rest
                continue
            if kind in (PLUGIN_ABI, "interface"):
                subject, version = (PLUGIN_ABI, rest) if kind == PLUGIN_ABI else rest.split(" ", 1)
                self.versions[subject] = tuple(int(number) for number in version.split()[-1].split("."))
                if kind == PLUGIN_ABI:
                    continue
                title, owners = f"interface {subject}", [subject]
            else:
                name, owners = rest.split(" of ")
                title, owners = f"{kind} {name}", owners.split()
            lines = []
            if title in self.sections:
                raise ValueError(f"{title} stands there twice")
            self.sections[title] = (set(owners), lines)


def version_text(version):
    return ".".join(str(number) for number in version)


def changes(golden, now):
    """owner -> lines that say what changed of it."""
    found = {}
    for title in list(golden.sections) + [title for title in now.sections if title not in golden.sections]:
        old_owners, old = golden.sections.get(title, (set(), []))
        new_owners, new = now.sections.get(title, (set(), []))
        if old == new and old_owners == new_owners:
            continue
        owners = old_owners | new_owners if old != new else old_owners ^ new_owners
        added, removed = title not in golden.sections, title not in now.sections
        if title.startswith("interface ") and (added or removed):
            owners = {PLUGIN_ABI}  # a port more, or one less
        text = [f"  {title}" + (" is new" if added else " is gone" if removed else "")]
        if not added and not removed:
            text += [f"    {line}" for line in difflib.unified_diff(old, new, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))]
            if old == new:
                text += [f"    is passed by {' '.join(sorted(new_owners))}, was by {' '.join(sorted(old_owners))}"]
        for owner in owners:
            found.setdefault(owner, []).extend(text)
    return found


def problems(golden, now):
    """(what must be done before `now` may be recorded, what may be recorded), each as lines."""
    forbidden, recordable = [], []
    found = changes(golden, now)
    for owner in sorted(found.keys() | golden.versions.keys() | now.versions.keys()):
        old, new = golden.versions.get(owner), now.versions.get(owner)
        text = found.get(owner, [])
        if old is not None and new is not None and new < old:
            forbidden += [f"{owner}: version {version_text(new)} is lower than {version_text(old)}, which was given out"]
        elif old is not None and old == new and text:
            todo = RAISE_PLUGIN_ABI if owner == PLUGIN_ABI else f"raise interface_version of that port to {old[0] + 1}"
            forbidden += [f"{owner}: its ABI changed, and its version is still {version_text(old)}:", *text, f"  To do: {todo}."]
        elif old != new or text:
            was = version_text(old) if old else "none"
            recordable += [f"{owner}: version {was} became {version_text(new) if new else 'none'}", *text]
    return forbidden, recordable


def main(arguments):
    update = arguments[2:] == ["--update"]
    if len(arguments) < 2 or (len(arguments) > 2 and not update):
        sys.exit(__doc__)
    path, program = Path(arguments[0]), arguments[1]
    text = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    if update and not path.exists():
        path.write_text(text, encoding="utf-8")
        return 0
    recorded = path.read_text(encoding="utf-8")
    golden, now = Abi(recorded), Abi(text)
    if golden.build != now.build:
        print(f"skipped: {path.name} is about {golden.build}, this is {now.build}")
        return SKIPPED
    forbidden, recordable = problems(golden, now)
    if forbidden:
        print("\n".join(forbidden))
        print("Plugins that were built before would not be refused, and would do something else than what they are asked for.")
        return 1
    if recorded == text:
        return 0
    if update:
        path.write_text(text, encoding="utf-8")
        return 0
    print("\n".join([*recordable, f"To do: record the new ABI: {Path(__file__).name} {path} {program} --update"]))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
