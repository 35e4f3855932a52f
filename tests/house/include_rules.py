#!/usr/bin/env python3
"""Checks which folder includes what, in the repository at a given folder.

    include_rules.py FOLDER

Prints `file:line: rule: explanation` for every rule that is broken and exits 1 if there is any.
"""

import re
import sys
from pathlib import Path

RULES = {
    "port-standard-only": "a port header includes the standard library and other ports only",
    "core-only": "core includes nothing of ours but core",
    "ports-only": "an adapter or strategy includes of ours the ports and itself only",
    "one-subject": "a plugin includes of ours the ports and its one subject only",
    "private-header": "an installed header, an example or a plugin includes no private header (src/)",
    "rooms": "a room of core/src includes itself and rooms further down only",
    "libpq": "only adapters/libpq (and tests) include libpq",
    "boost-dll": "only core/src/plugin includes boost/dll",
    "spdlog": "only adapters/spdlog (and its tests) include spdlog",
    "narrow-asio": "nobody includes <boost/asio.hpp>, but the narrow headers",
    "no-core-link": "adapters, strategies and plugins link picoxx::sdk, never picoxx::core",
}

# The rooms of core/src, from the user's side down. Each includes only those below it.
ROOMS = (
    "client", "call", "topology", "io", "pool", "session", "plugin", "settings", "sql", "task", "values", "dsn", "log",
)  # fmt: skip

# Everything together (picoxx::picoxx): the one component that knows the others.
BUNDLE = "adapters/bundle"

C_STANDARD = {"stddef.h", "stdint.h"}  # for the port headers that are C

STANDARD = set(
    """algorithm any array atomic barrier bit bitset charconv chrono codecvt compare complex concepts condition_variable
    coroutine deque exception execution filesystem format forward_list fstream functional future initializer_list iomanip ios
    iosfwd iostream istream iterator latch limits list locale map memory memory_resource mutex new numbers numeric optional
    ostream queue random ranges ratio regex scoped_allocator semaphore set shared_mutex source_location span sstream stack
    stdexcept stop_token streambuf string string_view strstream syncstream system_error thread tuple type_traits typeindex
    typeinfo unordered_map unordered_set utility valarray variant vector version
    cassert cctype cerrno cfenv cfloat cinttypes climits clocale cmath csetjmp csignal cstdarg cstddef cstdint cstdio cstdlib
    cstring ctime cuchar cwchar cwctype""".split()
)

LIBPQ = re.compile(r"(postgresql/)?(libpq-fe\.h|libpq-events\.h|libpq/.*|postgres_ext\.h|pg_config.*\.h)")
SOURCE_SUFFIXES = {".hpp", ".cpp", ".h", ".ipp", ".cc", ".hh", ".cxx", ".hxx", ".inl"}
FOLDERS = ("core", "adapters", "strategies", "plugins", "tests", "examples")

COMMENT_OR_LITERAL = re.compile(
    r'R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)"'  # raw string
    r"|//[^\n]*|/\*.*?\*/"
    r'|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'',
    re.DOTALL,
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?:<([^>\n]+)>|"([^"\n]+)")', re.MULTILINE)


def includes(text):
    """(line, name, is quoted) of every include that is neither commented out nor inside a raw string."""

    def blank(match):
        found = match.group()
        if found.startswith(("//", "/*", "R")):
            return re.sub(r"[^\n]", " ", found)
        return found

    text = COMMENT_OR_LITERAL.sub(blank, text)
    for match in INCLUDE.finditer(text):
        yield text.count("\n", 0, match.start()) + 1, match.group(1) or match.group(2), match.group(2) is not None


def component_of(path):
    """'core', 'adapters/libpq', 'strategies/random', 'plugins/x', 'tests' or 'examples' for a path inside the repository."""
    parts = path.parts
    if parts[0] in ("adapters", "strategies", "plugins"):
        return "/".join(parts[:2])
    return parts[0]


class Repository:
    def __init__(self, root):
        self.root = root
        self.components = ["core"] + sorted(
            f"{kind}/{folder.name}"
            for kind in ("adapters", "strategies")
            if (root / kind).is_dir()
            for folder in (root / kind).iterdir()
            if folder.is_dir()
        )
        self.search = [
            root / component / folder for component in self.components for folder in ("include", "src")
        ] + [root / "tests/support/include", root / "tests/support", root / "tests/support/devcluster"]

    def files(self):
        for folder in FOLDERS:
            for path in sorted((self.root / folder).rglob("*")):
                if path.is_file():
                    yield path.relative_to(self.root)

    def resolve(self, includer, name, is_quoted):
        """The file of ours, inside the repository, that an include means; None if it is none of ours."""
        own = self.root / component_of(includer)
        folders = [(self.root / includer).parent] if is_quoted else []
        for folder in folders + [own / "include", own / "src"] + self.search:
            candidate = folder / name
            if candidate.is_file():
                candidate = candidate.resolve()
                if candidate.is_relative_to(self.root):
                    return candidate.relative_to(self.root)
        # A header that is not there still says whose it would be.
        parts = Path(name).with_suffix("").parts
        if len(parts) > 1 and parts[0] == "picoxx":
            if parts[1] == "port":
                return Path("core/include") / name
            for component in self.components:  # picoxx/libpq/..., picoxx/strategies/random...
                if component == "/".join(parts[1:3]) or component.split("/")[-1] == parts[1]:
                    return Path(component) / "include" / name
        return None


def is_port(path):
    return path.parts[:4] == ("core", "include", "picoxx", "port")


def room_of(path):
    """The room of a file of core/src; None for any other file."""
    return path.parts[2] if path.parts[:2] == ("core", "src") and len(path.parts) > 3 else None


def goes_up(room, other):
    """Whether an include of `other` in `room` breaks the order. A room that is not in the order may include none and is included by none."""
    if room == other:
        return False
    return room not in ROOMS or other not in ROOMS or ROOMS.index(other) < ROOMS.index(room)


def broken_rules(repository, path, name, is_quoted):
    """The rules that one include of `path` breaks."""
    includer = component_of(path)
    kind = path.parts[0]
    target = repository.resolve(path, name, is_quoted)
    owner = component_of(target) if target else None

    if name == "boost/asio.hpp":
        yield "narrow-asio"
    if LIBPQ.fullmatch(name) and includer not in ("adapters/libpq", "tests"):
        yield "libpq"
    if name.startswith("boost/dll") and path.parts[:3] != ("core", "src", "plugin"):
        yield "boost-dll"
    if name.startswith("spdlog/") and includer != "adapters/spdlog" and path.parts[:3] != ("tests", "unit", "spdlog"):
        yield "spdlog"

    if is_port(path):
        standard = C_STANDARD if path.suffix == ".h" else STANDARD
        if name not in standard and not (target and is_port(target)):
            yield "port-standard-only"
    elif kind == "core":
        if owner not in (None, "core"):
            yield "core-only"
        if room_of(path) and target and room_of(target) and goes_up(room_of(path), room_of(target)):
            yield "rooms"
    elif kind in ("adapters", "strategies"):
        if owner not in (None, includer) and not is_port(target) and includer != BUNDLE:
            yield "ports-only"
    elif kind == "plugins":
        subjects = [c for c in repository.components if c.endswith("/" + includer.split("/")[-1])]
        if owner not in (None, includer, *subjects) and not is_port(target):
            yield "one-subject"

    if target and "src" in target.parts[1:3] and owner != "tests":
        installed = "include" in path.parts[1:3] and kind in ("core", "adapters", "strategies")
        if installed or kind in ("plugins", "examples"):
            yield "private-header"


def check(root):
    """(file, line, rule) of everything wrong in the repository at `root`."""
    repository = Repository(Path(root).resolve())
    for path in repository.files():
        if path.suffix in SOURCE_SUFFIXES:
            text = (repository.root / path).read_text(encoding="utf-8", errors="replace")
            for line, name, is_quoted in includes(text):
                for rule in broken_rules(repository, path, name, is_quoted):
                    yield path, line, rule
        elif path.name == "CMakeLists.txt" and path.parts[0] in ("adapters", "strategies", "plugins") and component_of(path) != BUNDLE:
            text = (repository.root / path).read_text(encoding="utf-8", errors="replace")
            for number, line in enumerate(text.splitlines(), 1):
                if re.search(r"\bpicoxx(::|_)core\b", line.split("#")[0]):
                    yield path, number, "no-core-link"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = list(check(sys.argv[1]))
    for path, line, rule in found:
        print(f"{path}:{line}: {rule}: {RULES[rule]}")
    print(f"{len(found)} broken include rules")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
