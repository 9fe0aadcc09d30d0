"""Examines the book: opsbook.yml, who acts, what its settings leave out, and the restricted book beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from opsbook.core.book import CONFIG_PATH, Book
from opsbook.core.check import check_book
from opsbook.core.config import SecurityAlert
from opsbook.core.errors import OpsbookError
from opsbook.core.examined import Examined, fine, missing, note
from opsbook.core.kind import Kinds
from opsbook.core.ports import Forge

ACTION = ".github/actions/opsbook/action.yml"
"""Where the workflows of a book name the program that they run."""

NO_COMMIT = 40 * "0"
"""What stands there in a new book, until somebody says which commit."""

SHOWN = 3
"""So many findings are told one by one; the check tells all."""

_HOW = (
    "Start a book in a private repository, write `restricted: true` under `security` in its opsbook.yml, "
    "and name it as `security.book` here."
)


@dataclass
class BookExaminer:
    """The book in the folder `place` (`core.ports.Examiner`); `actor` says who acts, or raises UsageError."""

    book: Book
    kinds: Kinds
    place: str
    actor: Callable[[], str]
    now: Callable[[], datetime]
    part = "The book"

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        config = self.book.config
        if not config.present:
            says = f"There is no file {CONFIG_PATH} in {self.place} that can be read."
            how = "Go to the folder of a book or name it with -C, or start one: opsbook new book"
            yield missing(CONFIG_PATH, says, how)
            return
        yield from self._settings()
        yield from self._pinned()
        yield self._who()
        for section in (config.core, *config.sections.values()):
            yield from section.examine()

    def _settings(self) -> Iterator[Examined]:
        found = {found for found in check_book(self.book, self.now(), self.kinds) if found.path == CONFIG_PATH}
        errors = sum(finding.severity == "error" for finding in found)
        if not errors:
            yield fine(CONFIG_PATH, f"It can be read, and asks for Opsbook {self.book.config.core.requires}.")
        for finding in sorted(found, key=lambda finding: (finding.severity != "error", finding))[:SHOWN]:
            say = missing if finding.severity == "error" else note
            says = f"Line {finding.line}: {finding.message} ({finding.code})."
            yield say(CONFIG_PATH, says, f"See: opsbook explain {finding.code}")
        if errors > SHOWN:
            yield missing(CONFIG_PATH, f"It has more: {errors} errors in all.", "Run: opsbook check")

    def _pinned(self) -> Iterator[Examined]:
        if NO_COMMIT.encode() in (self.book.tree.read(ACTION) or b""):
            says = f"{ACTION} names no commit of this program: no workflow can run."
            how = "Put OWNER/NAME and the id of a commit there, or delete .github if the book is not on GitHub."
            yield missing("workflows", says, how)

    def _who(self) -> Examined:
        core = self.book.config.core
        ids = [person.id for person in core.people if person.retired is None]
        some = ", ".join(ids[:6]) + (" …" if len(ids) > 6 else "")
        how = f"git config opsbook.by ID, or export OPSBOOK_BY=ID, with one of {some}" if ids else ""
        try:
            actor = self.actor()
        except OpsbookError as error:
            return missing("you", error.message, f"Set it anew: {how}." if how else error.remedy)
        if actor in ids:
            return fine("you", f"You act as {actor}, {core.person_name(actor)}.")
        says = f"You act as {actor}, who is not listed in {CONFIG_PATH}: you may declare and note, and hold no role."
        return note("you", says, how and f"If you are listed: {how}.")


@dataclass
class RestrictedExaminer:
    """The restricted book (`core.ports.Examiner`). It is read, and nothing is written to it.

    Attributes:
        security: the settings of the book at hand.
        forge: gives the forge of the restricted book; nothing where it cannot be reached from here.
        repository: of the book at hand on GitHub, `owner/name`; empty without one.
    """

    security: SecurityAlert
    forge: Callable[[], Forge | None]
    repository: str
    kinds: Kinds
    part = "The restricted book"

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        yield self._place()

    def _place(self) -> Examined:
        named = self.security.book or ""
        if self.security.restricted:
            return note("this book", "This is a restricted book: facts of security incidents may be kept here.")
        if named and named.lower() == self.repository.lower():
            says = f"security.book names {named}, which is this repository: everybody would read them."
            return missing("place", says, f"Name another repository, or leave it out. {_HOW}")
        try:
            forge = self.forge()
            if forge is None:
                says = f"{named} is named, and no token is here for it" if named else "There is none"
                return note("set-up", f"{says}: details of a security incident are refused.", _HOW)
            book = Book(forge.read(forge.head(None)), self.kinds)
        except OpsbookError as error:
            return missing("place", f"It cannot be read: {error.message}", error.remedy or _HOW)
        if book.config.core.security.restricted:
            return fine("place", "It can be read, and says that it is restricted.")
        says = "Its opsbook.yml does not say that it is restricted: facts would wait on this machine."
        return missing("place", says, "Write `restricted: true` under `security` there, or name another book.")
