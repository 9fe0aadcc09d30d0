"""The first severities, roles and channels of a new book, and the drill that tries it."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Mapping

from opsbook.core.book import Book
from opsbook.core.command import Option
from opsbook.core.errors import UsageError
from opsbook.core.request import Request
from opsbook.core.start import Start, Value, entries, several
from opsbook.core.text import one_line, shorten
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.requests import Declare

_SEVERITIES = ("P1=Critical", "P2=Major", "P3=Minor")
_ROLES = ("service-owner=Service owner", "engineering-lead=Engineering lead")
_MEANINGS = (
    "A service cannot be used, or data may be lost.",
    "A service works with difficulty, or part of it does not work and there is a way round.",
    "Few people notice.",
)


def _values(args: Namespace) -> Mapping[str, Value]:
    severities = entries(args.severities, _SEVERITIES, "--severity", r"[A-Z][A-Z0-9]{0,9}")
    return {
        "severities": [
            {**severity, "meaning": _MEANINGS[min(rank, len(_MEANINGS) - 1)]}
            for rank, severity in enumerate(severities)
        ],
        "roles": entries(args.roles, _ROLES, "--role"),
        "channel": _like(args.channel.lstrip("#"), r"[a-z0-9][a-z0-9_-]{0,70}", "--channel", "#incident"),
        "users": _like(args.users, r"[^\W\d_]+(?:[ -][^\W\d_]+){0,3}", "--users", "customers"),
    }


def _like(given: str, pattern: str, option: str, example: str) -> str:
    text = one_line(given)
    if not re.fullmatch(pattern, text):
        raise UsageError(f"{option}: “{shorten(text, 60)}” cannot be used.", f"Write it like {example}.")
    return text


def _rehearse(book: Book, by: str) -> Request:
    """A drill of the worst severity, on the first service."""
    severities = book.config.section(IncidentsConfig).severities
    title = "Rehearsal: nothing is wrong, and everybody tries what they would do"
    services = tuple(sorted(book.refs("service"))[:1])
    return Declare(by=by, title=title, severity=severities[0].id, services=services, lead=by, drill=True)


START = Start(
    options=(
        Option("--severity", "a severity, as ID or ID=Title, the worst first; repeat for more", several("severities")),
        Option(
            "--role",
            "a role whose holders agree that an incident is over and that a report is published, as Title or id=Title;"
            " repeat for more",
            several("roles"),
        ),
        Option("--channel", "where incidents are worked on; drills go to …-drill", {"default": "incident"}),
        Option("--users", "what you call the people who use your services", {"default": "users", "metavar": "WORD"}),
    ),
    values=_values,
    rehearse=_rehearse,
)
