"""Examines the restricted book: whether facts of a security incident would find their place, and no other one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from opsbook.core.book import Book
from opsbook.core.config import SecurityAlert
from opsbook.core.errors import OpsbookError
from opsbook.core.examined import Examined, fine, missing, note
from opsbook.core.kind import Kinds
from opsbook.core.ports import Forge

_HOW = "See docs/how-to/keep-security-facts-apart.md."


class RestrictedExaminer:
    """The restricted book (`core.ports.Examiner`). It is read, and nothing is written to it.

    Args:
        security: the settings of the book at hand.
        forge: gives the forge of the restricted book; nothing where it cannot be reached from here.
        repository: of the book at hand on GitHub, `owner/name`; empty without one.
    """

    part = "The restricted book"

    def __init__(
        self,
        security: SecurityAlert,
        forge: Callable[[], Forge | None],
        *,
        repository: str,
        kinds: Kinds,
    ) -> None:
        self._security = security
        self._forge = forge
        self._repository = repository
        self._kinds = kinds

    def examine(self) -> Iterator[Examined]:
        """See `Examiner.examine`."""
        if self._security.restricted:
            yield note("this book", "This is a restricted book: facts of security incidents may be kept here.")
            return
        named = self._security.book or ""
        if named and named.lower() == self._repository.lower():
            yield missing(
                "place",
                f"security.book names {named}, which is this repository: everybody would read them.",
                f"Name another repository, or leave it out. {_HOW}",
            )
            return
        forge = self._forge()
        if forge is None:
            says = f"{named} is named, and no token is here for it" if named else "There is none"
            yield note("set-up", f"{says}: details of a security incident are refused.", _HOW)
            return
        try:
            restricted = Book(forge.read(forge.head(None)), self._kinds).config.core.security.restricted
        except OpsbookError as error:
            yield missing("place", f"It cannot be read: {error.message}", error.remedy or _HOW)
            return
        if restricted:
            yield fine("place", "It can be read, and says that it is restricted.")
        else:
            yield missing(
                "place",
                "Its opsbook.yml does not say that it is restricted: facts would wait on this machine.",
                "Write `restricted: true` under `security` there, or name another book.",
            )
