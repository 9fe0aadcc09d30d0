"""People's words on their way into a record: made visible, masked, measured. Nothing is dropped in silence."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from opsbook.core import secrets
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.text import one_line, shorten, visible
from opsbook.core.types import OUTSIDER

TITLE_LIMIT = 120
TEXT_LIMIT = 20_000
"""Characters; the same limits as the types `Line` and `Text`."""


def sentence(book: Book, value: object, name: str) -> str:
    """One line of at most 120 characters; line ends become spaces, credentials are masked.

    Raises:
        Refused: it is empty or too long.
    """
    text = one_line(str(value)) if value is not None else ""
    if not text:
        raise Refused(f"The {name} is missing.", f"Say in one line what is wrong: --{name} 'Checkout returns errors'.")
    text, _ = secrets.mask(text, book.config.core.mailboxes)
    if len(text) > TITLE_LIMIT:
        raise Refused(
            f"The {name} has {len(text)} characters; {TITLE_LIMIT} are allowed.",
            "Shorten it, and put the rest into --summary or a note.",
        )
    return text


def words(book: Book, value: object, name: str) -> str:
    """A text of at most 20,000 characters; hidden characters are made visible, credentials are masked.

    Raises:
        Refused: it is empty or too long.
    """
    text = "\n".join(line.rstrip() for line in visible(str(value)).split("\n")).strip()
    if not text:
        raise Refused(f"The {name} is empty.", "Say it in a few words.")
    text, _ = secrets.mask(text, book.config.core.mailboxes)
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
    if known is None or ref in known or re.fullmatch(OUTSIDER, ref):
        return ref
    near = difflib.get_close_matches(ref, list(known), n=3, cutoff=0.5) or list(known)[:6]
    raise Refused(
        f"“{shorten(one_line(ref), 60)}” cannot be {role}: nobody has this id.",
        f"Known are {', '.join(near) or 'no people yet'}; anybody else is github:LOGIN, slack:ID or local:NAME.",
    )


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
