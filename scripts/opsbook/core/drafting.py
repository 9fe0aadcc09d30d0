"""What the commands that draft a record share: checked names, and a choice among the words of opsbook.yml."""

from __future__ import annotations

import re
from argparse import Namespace

from opsbook.core.book import Book
from opsbook.core.errors import UsageError
from opsbook.core.text import one_line, shorten

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


def choice(given: str | None, vocabulary: str, noun: str, book: Book) -> str:
    """A word of opsbook.yml: the given one, or the first there is."""
    known = list(book.config.vocabulary.get(vocabulary, {}))
    if given is None and known:
        return known[0]
    if given in known:
        return str(given)
    what = f"“{shorten(one_line(given), 40)}” is not a {noun}." if given else f"opsbook.yml has no {noun} yet."
    raise UsageError(what, f"Known are {', '.join(known) or 'none'}; add one to opsbook.yml: one line.")
