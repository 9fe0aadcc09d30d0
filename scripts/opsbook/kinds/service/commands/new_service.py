"""draft a service: an entry of the catalogue, ours or not"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from opsbook.core.book import Book
from opsbook.core.command import Draft, Option, Question
from opsbook.core.drafting import choice, choosing, titled

TO_SAY = "TODO: say what it does, for somebody who has never heard of it"


def _values(book: Book, args: Namespace, now: datetime) -> tuple[str, Mapping[str, str]]:
    title, slug = titled(args)
    owner = "" if args.not_ours else choice(args.owner, "teams", "team", book)
    values = {"title": title, "name": slug, "ours": "no" if args.not_ours else "yes", "owner": owner}
    values["description"] = TO_SAY
    return f"services/{slug}.yaml", values


def _questions(book: Book, answers: Mapping[str, Any]) -> Iterator[Question]:
    yield Question("not_ours", "Does your team run it? (Y/n)", lambda text: text.lower() not in ("y", "yes"), "y")
    if not answers["not_ours"]:
        yield from choosing("owner", "Which team runs it?", "teams", "team", book)


COMMAND = Draft(
    "service",
    _values,
    options=(
        Option("title", "its name; asked for otherwise", {"nargs": "?"}),
        Option("--not-ours", "somebody else runs it", {"action": "store_true"}),
        Option("--owner", "the team that runs it; the first one otherwise", {"metavar": "TEAM"}, "teams"),
    ),
    questions=_questions,
)
