"""What drafts of records share: checked names, a choice among the words of opsbook.yml, and what is left to fill in."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterable, Iterator
from datetime import datetime
from difflib import get_close_matches

from opsbook.core.book import Book
from opsbook.core.code import Problem
from opsbook.core.command import Question
from opsbook.core.errors import UsageError
from opsbook.core.record import Record
from opsbook.core.rule import RecordRule
from opsbook.core.text import one_line, shorten

_TO_FILL_IN = re.compile(r"\bTODO:[ \t]*(.*)")
"""How a draft marks what its author still has to say."""


class LeftToFillIn(RecordRule):
    """A rule of each kind that is drafted: what a draft asks for has been said."""

    severity = "warning"

    def check(self, record: Record, book: Book, now: datetime) -> Iterable[Problem]:
        """Every line of a record that is one file."""
        for number, line in enumerate(record.files[""].text.splitlines() if "" in record.files else (), 1):
            for found in _TO_FILL_IN.finditer(line):
                what = shorten(found[1].strip(" \"'`|"), 60) or "nothing says what"
                yield Problem(f"left to fill in: {what}", path=record.path, line=number, column=found.start() + 1)


_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def titled(args: Namespace) -> tuple[str, str]:
    """The title and the slug of a new record; raises UsageError when they cannot be used."""
    from slugify import slugify

    title = one_line(args.title or "")
    if not title:
        raise UsageError("The title is missing.", "Name what you draft: opsbook new runbook 'Renew a certificate'.")
    if not title or len(title) > 120:
        raise UsageError(f"The title has {len(title)} characters.", "Use 1 to 120.")
    slug = args.slug or slugify(title, max_length=60, word_boundary=True)
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        what = f"“{shorten(one_line(slug), 60)}” cannot be a file name." if slug else "This title gives no file name."
        raise UsageError(what, "Give --slug with lower-case words and hyphens.")
    return title, slug


def choosing(field: str, text: str, vocabulary: str, noun: str, book: Book) -> Iterator[Question]:
    """The question for a word of opsbook.yml, with all that there are; none where there is nothing to choose."""
    known = list(book.config.vocabulary.get(vocabulary, {}))
    if len(known) > 1:
        yield Question(field, text, lambda answer: choice(answer, vocabulary, noun, book), known[0], [", ".join(known)])


def choice(given: str | None, vocabulary: str, noun: str, book: Book) -> str:
    """A word of opsbook.yml: the given one, or the first there is."""
    known = list(book.config.vocabulary.get(vocabulary, {}))
    if given is None and known:
        return known[0]
    if given in known:
        return str(given)
    what = f"“{shorten(one_line(given), 40)}” is not a {noun}." if given else f"opsbook.yml has no {noun} yet."
    near = get_close_matches((given or "").casefold(), known, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else f"Known are {', '.join(known) or 'none'}. "
    raise UsageError(what, f"{hint}Another one is one line in opsbook.yml.")
