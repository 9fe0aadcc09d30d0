"""Which tests are slow: those that start a process or open a browser, and those of a sweep.

Nobody keeps a list. Whether a test file can start a process is read from what it imports, and what that imports, within
the tests and the program; the program keeps its processes in few places, and the import contracts keep them there.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = {"tests": ROOT, "opsbook": ROOT / "scripts"}
STARTERS = {"subprocess", "multiprocessing", "playwright"}
SLOW_FIXTURES = {"browser", "sweep"}
_HOLD_STATEMENTS = ("body", "orelse", "handlers", "finalbody", "cases")
"""What of a statement may hold other statements, such as imports."""

STARTING = {"subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.system"}


def refuse_processes(event: str, _: object) -> None:
    """An audit hook: nothing can start a process any more."""
    if event in STARTING:
        raise AssertionError("This test starts a process and is not marked as slow: see tests/support/quick.py.")


@cache
def starts_processes(file: Path) -> bool:
    """Whether a file, or anything that it imports, can start a process."""
    seen, left = {file}, [file]
    while left:
        for module in _imports(left.pop()):
            if module.partition(".")[0] in STARTERS:
                return True
            found = _file(module)
            if found is not None and found not in seen:
                seen.add(found)
                left.append(found)
    return False


@cache
def _imports(file: Path) -> frozenset[str]:
    """The modules that a file imports anywhere; a name may be a module of a package."""
    found: set[str] = set()
    left: list[ast.AST] = [ast.parse(file.read_text("utf-8"))]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
        for part in _HOLD_STATEMENTS:  # the rest of a tree, nine nodes in ten, is expressions
            left += getattr(node, part, ())
    return frozenset(found)


@cache
def _file(module: str) -> Path | None:
    """Where a module of ours is."""
    source = SOURCES.get(module.partition(".")[0])
    if source is None:
        return None
    path = source.joinpath(*module.split("."))
    return next((file for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()), None)
