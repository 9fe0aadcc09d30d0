"""draft a service: an entry of the catalogue, ours or not"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.command import Draft, Option
from opsbook.core.drafting import choice, titled


def _values(book: Book, args: Namespace, now: datetime) -> tuple[str, Mapping[str, str]]:
    title, slug = titled(args)
    owner = "" if args.not_ours else choice(args.owner, "teams", "team", book)
    values = {"title": title, "name": slug, "ours": "no" if args.not_ours else "yes", "owner": owner}
    return f"services/{slug}.yaml", values


COMMAND = Draft(
    "service",
    _values,
    options=(
        Option("title", "its name; asked for otherwise", {"nargs": "?"}),
        Option("--not-ours", "somebody else runs it", {"action": "store_true"}),
        Option("--owner", "the team that runs it; the first one otherwise", {"metavar": "TEAM"}, "teams"),
    ),
)
