"""People's words on their way into a record: made visible, masked, measured. Nothing is dropped in silence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from opsbook.core import secrets
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.text import one_line, shorten, visible
from opsbook.core.times import Times
from opsbook.core.types import OUTSIDER, write_time

TITLE_LIMIT = 120
TEXT_LIMIT = 20_000
"""Characters; the same limits as the types `Line` and `Text`."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far clocks of two machines may differ before a time counts as in the future."""

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"


def sentence(book: Book, value: object, name: str, kept: str | None = None) -> str:
    """One line of at most 120 characters; line ends become spaces, credentials are masked.

    Args:
        kept: why contact details are not masked.

    Raises:
        Refused: it is empty or too long.
    """
    text = one_line(str(value)) if value is not None else ""
    if not text:
        raise Refused(f"The {name} is missing.", f"Say in one line what is wrong: --{name} 'Checkout returns errors'.")
    text, _ = secrets.mask(text, book.config.core.mailboxes, keep=bool(kept))
    if len(text) > TITLE_LIMIT:
        raise Refused(
            f"The {name} has {len(text)} characters; {TITLE_LIMIT} are allowed.",
            "Shorten it, and put the rest into --summary or a note.",
        )
    return text


def words(book: Book, value: object, name: str, kept: str | None = None) -> str:
    """A text of at most 20,000 characters; hidden characters are made visible, credentials are masked.

    Args:
        kept: why contact details are not masked.

    Raises:
        Refused: it is empty or too long.
    """
    text = "\n".join(line.rstrip() for line in visible(str(value)).split("\n")).strip()
    if not text:
        raise Refused(f"The {name} is empty.", "Say it in a few words.")
    text, _ = secrets.mask(text, book.config.core.mailboxes, keep=bool(kept))
    if len(text) > TEXT_LIMIT:
        raise Refused(
            f"The {name} has {len(text)} characters; {TEXT_LIMIT} are allowed.",
            "Put it into several notes, or link to it.",
        )
    return text


def person(book: Book, value: object, role: str) -> str:
    """A person of `opsbook.yml` or an outsider.

    Raises:
        Refused: it is neither.
    """
    ref = str(value).strip()
    known = book.config.vocabulary.get("people")
    if re.fullmatch(OUTSIDER, ref) or (re.fullmatch(_SLUG, ref) if known is None else ref in known):
        return ref
    near = difflib.get_close_matches(ref, list(known or ()), n=3, cutoff=0.5) or list(known or ())[:6]
    raise Refused(
        f"“{shorten(one_line(ref), 60)}” cannot be {role}: nobody has this id.",
        f"Known are {', '.join(near) or 'no people yet'}; anybody else is github:LOGIN, slack:ID or local:NAME.",
    )


def moment(book: Book, value: str, now: datetime, name: str) -> tuple[datetime, str]:
    """A time at which something happened, and how it is said back to whoever typed it.

    Raises:
        Refused: it is no time, in the future, or of another century.
    """
    try:
        times = Times(now, book.config.core.timezone)
        found = times.typed(value).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise Refused(
            f"--{name}: “{shorten(one_line(value), 40)}” is no time.",
            "Write 10:05, or 2026-11-21T10:05, or with its zone.",
        ) from None
    if found > now + CLOCK_SKEW:
        raise Refused(
            f"--{name}: {value} is in the future; it is {times.full(now)} now.",
            "A time without a zone is one of this book's time zone.",
        )
    if found < _EARLIEST:
        raise Refused(f"--{name}: {value} is before 2000.", "Look at the year.")
    return found, f"{name.replace('-', ' ').capitalize()} {times.full(found)} ({write_time(found)})"


def listed(book: Book, values: Iterable[str] | None, vocabulary: str, noun: str) -> list[str]:
    """Words of a vocabulary of `opsbook.yml`, without repetitions.

    Raises:
        Refused: one of them is unknown.
    """
    known = book.config.vocabulary.get(vocabulary)
    found: list[str] = []
    for value in values or ():
        if known is not None and value not in known:
            raise Refused(
                f"“{shorten(one_line(value), 60)}” is not a {noun}.", f"Known are {', '.join(known) or 'none yet'}."
            )
        if value not in found:
            found.append(value)
    return found
