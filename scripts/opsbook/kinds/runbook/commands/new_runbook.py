"""draft a runbook: a page that somebody on call can follow"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Draft, Option
from opsbook.core.drafting import choice, choosing, titled


def _values(book: Book, args: Namespace, now: datetime) -> tuple[str, Mapping[str, str]]:
    title, slug = titled(args)
    area = choice(args.area, "areas", "area", book)
    owner = choice(args.owner, "owners", "role or team", book)
    values = {"title": title, "slug": slug, "area": area, "owner": owner}
    return f"runbooks/{area}/{slug}.md", values


COMMAND = Draft(
    "runbook",
    _values,
    options=(
        Option("title", "what it helps to do; asked for otherwise", {"nargs": "?"}),
        Option("--area", "its folder, an area of opsbook.yml; the first one otherwise", {"metavar": "ID"}, "areas"),
        Option("--owner", "the role or team that keeps it true; the first one otherwise", {"metavar": "ID"}, "owners"),
    ),
    questions=lambda book, answers: (
        *choosing("area", "In which area?", "areas", "area", book),
        *choosing("owner", "Which role or team keeps it true?", "owners", "role or team", book),
    ),
)
