"""What is made from the models and opsbook.yml, and committed: the JSON Schemas, and the forms that GitHub shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opsbook.commands.workspace import Workspace
from opsbook.report.screen import Screen


def schemas_of(workspace: Workspace) -> dict[str, bytes]:
    """Every schema by its path."""
    from opsbook.report.schemas import schemas

    return {f"schemas/{name}.schema.json": text.encode() for name, text in schemas(workspace.book).items()}


def forms_of(workspace: Workspace) -> dict[str, bytes]:
    """Every form by its path."""
    from opsbook.report.forms import forms

    return {path: text.encode() for path, text in forms(workspace.book, workspace.kinds).items()}


def stale(wanted: Mapping[str, bytes], workspace: Workspace) -> list[str]:
    """The paths that hold something else, or nothing."""
    return [path for path, data in wanted.items() if workspace.book.tree.read(path) != data]


def write(paths: Iterable[str], wanted: Mapping[str, bytes], workspace: Workspace, screen: Screen) -> None:
    """Write some of them, and say so."""
    for path in paths:
        target = workspace.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(wanted[path])
        screen.line(f"wrote {path}")


def refresh(workspace: Workspace, screen: Screen, *, begin: bool = False) -> list[str]:
    """Bring them up to date after a record was drafted; the paths that were written.

    Args:
        begin: make those that the book does not have yet too.
    """
    wanted = schemas_of(workspace) | forms_of(workspace)
    there = [path for path in stale(wanted, workspace) if begin or workspace.book.tree.read(path) is not None]
    write(there, wanted, workspace, screen)
    return there
