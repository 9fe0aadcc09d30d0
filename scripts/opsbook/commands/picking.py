"""Which record a person means."""

from __future__ import annotations

from opsbook.commands.workspace import Workspace
from opsbook.core.errors import NotSeen, Refused
from opsbook.core.ids import RECORD_ID
from opsbook.core.text import shorten, terminal


def pick(fragment: str | None, kind_name: str, workspace: Workspace) -> str:
    """The id of the record that a person means: the whole id, its last characters, or none (`-`) for the only open one.

    Raises:
        Refused: nothing or more than one matches. NotSeen: nothing does, and not everything could be seen.
    """
    kind, book = workspace.kinds[kind_name], workspace.open_book
    named = fragment is not None and fragment != "-"
    matches = kind.pick(fragment, book) if fragment is not None and named else [item.id for item in kind.open_in(book)]
    if len(matches) == 1:
        return matches[0]
    if not matches:
        what = f"{kind.name} “{shorten(terminal(fragment or ''), 40)}”" if named else f"open {kind.name}"
        if workspace.unseen:
            raise NotSeen(
                f"No {what} is among what could be seen, and not everything could.", "Name it by its whole id."
            )
        absent = f"There is no {what}." if named else f"No {kind.name} is open."
        raise Refused(absent, f"`opsbook {kind.name} list --all` shows every one.")
    raise Refused(
        f"{len(matches)} {kind.plural} match: {', '.join(matches[:8])}.",
        "Say which, by its id or its last five characters.",
    )


def pick_to_write(fragment: str | None, kind_name: str, workspace: Workspace) -> str:
    """As `pick`, for a request: a whole id is taken at its word where not everything could be seen.

    What is asked for is then saved until somebody can see whether there is such a record.
    """
    try:
        return pick(fragment, kind_name, workspace)
    except NotSeen:
        id_ = (fragment or "").strip().upper()
        if not RECORD_ID.fullmatch(id_):
            raise
        return id_
