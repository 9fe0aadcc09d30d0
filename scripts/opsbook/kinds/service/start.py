"""The first services of a new book."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping

from opsbook.core.command import Option
from opsbook.core.start import Start, entries, several
from opsbook.kinds.service.commands.new_service import TO_SAY

_THE_BOOK = {
    "id": "operations-book",
    "title": "Operations book",
    "description": "What you are reading: our incidents, runbooks and services.",
}
"""Every team that starts a book runs one service that it can name at once."""


def _drafts(args: Namespace) -> Iterator[tuple[str, Mapping[str, str]]]:
    for entry in entries(args.services, (), "--service") or [_THE_BOOK]:
        name = entry["id"]
        values = {"title": entry["title"], "name": name, "ours": "yes", "owner": args.team_id}
        yield "service", {"description": TO_SAY, **entry, **values}


START = Start(
    options=(
        Option("--service", "a service that you run, as Title or id=Title; repeat for more", several("services")),
    ),
    drafts=_drafts,
)
