"""Which record a person means."""

from __future__ import annotations

from opsbook.commands.workspace import Workspace
from opsbook.core.errors import Refused
from opsbook.core.text import shorten, terminal


def pick(fragment: str | None, kind_name: str, workspace: Workspace) -> str:
    """The id of the record that a person means: the whole id, its last characters, or none (`-`) for the only open one.

    Raises:
        Refused: nothing or more than one matches.
    """
    kind, book = workspace.kinds[kind_name], workspace.open_book
    if fragment in (None, "-"):
        matches = [record.id for record in kind.open_in(book)]
    else:
        matches = kind.pick(fragment or "", book)
    if len(matches) == 1:
        return matches[0]
    if not matches:
        named = fragment not in (None, "-")
        what = f"There is no {kind.name} “{shorten(terminal(fragment or ''), 40)}”."
        what = what if named else f"No {kind.name} is open."
        raise Refused(what, f"`opsbook {kind.name} list --all` shows every one.")
    raise Refused(
        f"{len(matches)} {kind.plural} match: {', '.join(matches[:8])}.",
        "Say which, by its id or its last five characters.",
    )
