"""Which record a person means."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches

from opsbook.commands.workspace import Workspace
from opsbook.core.errors import NotSeen, Refused, Stopped
from opsbook.core.ids import RECORD_ID
from opsbook.core.kind import Kind
from opsbook.core.text import one_line, shorten, terminal


def pick(fragment: str | None, kind_name: str, workspace: Workspace, *, awaited: bool = False) -> str:
    """The id of the record that a person means: the whole id, its last characters, or none (`-`) for the only open one.

    Raises:
        Refused: nothing or more than one matches. NotSeen: nothing does, and not everything could be seen.
    """
    return _pick(fragment, [workspace.kinds[kind_name]], workspace, awaited=awaited)[1]


def pick_any(fragment: str | None, workspace: Workspace) -> tuple[str, str]:
    """The same over every kind: the name of the kind, and the id."""
    return _pick(fragment, list(workspace.kinds.values()), workspace)


def _pick(
    fragment: str | None, kinds: Sequence[Kind], workspace: Workspace, *, awaited: bool = False
) -> tuple[str, str]:
    named = fragment not in (None, "-")
    if not named and workspace.about is not None and workspace.about[0] in {kind.name for kind in kinds}:
        return workspace.about
    book = workspace.open_book
    matches: list[tuple[str, str]] = []
    for kind in kinds:
        found = kind.pick(fragment or "", book) if named else [item.id for item in kind.open_in(book)]
        if not named and (awaited or (not found and len(kinds) > 1)):
            found = [item.id for item in kind.awaiting(book, workspace.now())] or found
        matches += [(kind.name, id_) for id_ in found]
    if len(matches) == 1:
        return matches[0]
    noun = kinds[0].name if len(kinds) == 1 else "record"
    if not matches:
        what = f"{noun} “{shorten(terminal(fragment or ''), 40)}”" if named else f"open {noun}"
        if workspace.unseen:
            raise NotSeen(
                f"No {what} is among what could be seen, and not everything could.", "Name it by its whole id."
            )
        if not named:
            raise Refused(f"No {noun} is open.", "`opsbook list --all` shows every one.")
        known = {name.casefold(): id_ for kind in kinds for id_ in book.refs(kind.name) for name in (id_, id_[-5:])}
        near = dict.fromkeys(known[name] for name in get_close_matches((fragment or "").casefold(), known, n=3))
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        raise Refused(f"There is no {what}.", f"{hint}`opsbook list --all` shows every one.")
    named_ones = [f"{id_[-5:]} ({shorten(one_line(book.title(kind, id_) or id_), 50)})" for kind, id_ in matches[:8]]
    if workspace.asks and not named:
        return _ask(matches, named_ones)
    open_ones = "match" if named else "are open"
    raise Refused(
        f"{len(matches)} {noun}s {open_ones}: {', '.join(named_ones)}.", f"Say which, like {matches[0][1][-5:]}."
    )


def _ask(matches: Sequence[tuple[str, str]], names: Sequence[str]) -> tuple[str, str]:
    """Ask a person which one; the first is the worst."""
    for name in names:
        print(f"  {terminal(name)}", file=sys.stderr)
    print(f"Which one? [{matches[0][1][-5:]}] ", end="", file=sys.stderr, flush=True)
    try:
        answer = input().strip().upper()
    except KeyboardInterrupt:
        raise Stopped("Nothing was done.") from None
    except EOFError:
        raise Refused("Nothing was done: you did not say which one.", "Name it by its last characters.") from None
    found = [match for match in matches if answer and match[1].endswith(answer)] if answer else [matches[0]]
    if len(found) != 1:
        raise Refused(f"“{shorten(terminal(answer), 40)}” is none of them.", "Name it by its last characters.")
    return found[0]


def pick_to_write(fragment: str | None, kind_name: str, workspace: Workspace, *, awaited: bool = False) -> str:
    """As `pick`, for a request: a whole id is taken at its word where not everything could be seen.

    What is asked for is then saved until somebody can see whether there is such a record.
    """
    try:
        return pick(fragment, kind_name, workspace, awaited=awaited)
    except NotSeen:
        id_ = (fragment or "").strip().upper()
        if not RECORD_ID.fullmatch(id_):
            raise
        return id_
