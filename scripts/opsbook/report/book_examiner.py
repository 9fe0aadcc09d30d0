"""Examines the book: opsbook.yml, the version that it asks for, who acts, and what its settings leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.check import check_book
from opsbook.core.errors import OpsbookError
from opsbook.core.examined import Examined, fine, missing, note
from opsbook.core.finding import Finding
from opsbook.core.kind import Kinds

SHOWN = 3
"""So many findings are told one by one; the check tells all."""


class BookExaminer:
    """The book (`core.ports.Examiner`).

    Args:
        book: the working tree.
        place: where it is.
        actor: who acts; raises UsageError when that is nobody.
    """

    part = "The book"

    def __init__(
        self, book: Book, kinds: Kinds, place: str, *, actor: Callable[[], str], now: Callable[[], datetime]
    ) -> None:
        self._book = book
        self._kinds = kinds
        self._place = place
        self._actor = actor
        self._now = now

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        if not self._book.config.present:
            yield missing(
                CONFIG_PATH,
                f"There is no file {CONFIG_PATH} in {self._place} that can be read.",
                "Go to the folder of a book or name it with -C, or start one: opsbook new book",
            )
            return
        yield from self._settings()
        yield self._who()
        config = self._book.config
        for section in (config.core, *config.sections.values()):
            yield from section.examine()

    def _settings(self) -> Iterator[Examined]:
        found = {finding for finding in check_book(self._book, self._now(), self._kinds) if finding.path == CONFIG_PATH}
        errors = sorted(finding for finding in found if finding.severity == "error")
        for finding in errors[:SHOWN]:
            yield missing(CONFIG_PATH, _told(finding), f"See: opsbook explain {finding.code}")
        if more := len(errors[SHOWN:]):
            yield missing(
                CONFIG_PATH,
                f"{more} more errors are in it." if more > 1 else "One more error is in it.",
                "Run: opsbook check",
            )
        if not errors:
            yield fine(CONFIG_PATH, f"It can be read, and asks for Opsbook {self._book.config.core.requires}.")
        for finding in sorted(found - set(errors))[:SHOWN]:
            yield note(CONFIG_PATH, _told(finding), f"See: opsbook explain {finding.code}")

    def _who(self) -> Examined:
        core = self._book.config.core
        ids = [person.id for person in core.people if person.retired is None]
        some = ", ".join(ids[:6]) + (" …" if len(ids) > 6 else "")
        how = f"git config opsbook.by ID, or export OPSBOOK_BY=ID, with one of {some}" if ids else ""
        try:
            actor = self._actor()
        except OpsbookError as error:
            return missing("you", error.message, f"Set it anew: {how}." if how else error.remedy)
        name = core.person_name(actor)
        if actor in ids:
            return fine("you", f"You act as {actor}, {name}.")
        return note(
            "you",
            f"You act as {actor}, who is not listed in {CONFIG_PATH}: you may declare and note, and hold no role.",
            f"If you are listed: {how}." if how else "",
        )


def _told(finding: Finding) -> str:
    return f"Line {finding.line}: {finding.message} ({finding.code})."
