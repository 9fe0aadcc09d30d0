"""Who acts: an id of opsbook.yml, or where somebody who is not in it comes from."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable

from opsbook.adapters.git.repository import NotARepository, Repository
from opsbook.core.book import Book
from opsbook.core.errors import UsageError
from opsbook.core.text import one_line, shorten
from opsbook.core.types import OUTSIDER
from opsbook.wiring.environment import variable

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""What the id of a person looks like, where opsbook.yml cannot say which ones there are."""


class Identity:
    """Finds out who acts.

    Args:
        book: whose opsbook.yml lists people.
        repository: opens the clone; raises NotARepository outside of one.
    """

    def __init__(self, book: Book, repository: Callable[[], Repository]) -> None:
        self._book = book
        self._repository = repository

    def actor(self, by: str | None = None) -> str:
        """`--by`, else `OPSBOOK_BY`, `git config opsbook.by`, the workflow's actor, the name on this machine."""
        if given := by or variable("OPSBOOK_BY"):
            return self._person(given.strip(), "--by" if by else "OPSBOOK_BY")
        if configured := self._configured():
            return self._person(configured, "opsbook.by")
        if login := variable("GITHUB_ACTOR"):
            return self.of_github(login, variable("GITHUB_ACTOR_ID"))
        name = re.sub(r"[^a-z0-9_.-]+", "-", _login().lower()).strip("-.")[:32]
        return f"local:{name or 'somebody'}"

    def of_github(self, login: str, number: str) -> str:
        """Whom a GitHub user is in opsbook.yml, by the id that stays when a login is renamed; else `github:LOGIN`."""
        for person in self._book.config.core.people:
            if str(person.github_id) == number if person.github_id else (person.github or "").lower() == login.lower():
                return person.id
        return self._person(f"github:{login}", "GITHUB_ACTOR")

    def _person(self, given: str, where: str) -> str:
        known = self._book.config.vocabulary.get("people")
        if re.fullmatch(OUTSIDER, given) or (_ID.fullmatch(given) if known is None else given in known):
            return given
        raise UsageError(
            f"“{shorten(one_line(given), 60)}” ({where}) is nobody in opsbook.yml.",
            "Use an id of `people`, or github:LOGIN, slack:ID or local:NAME.",
        )

    def _configured(self) -> str | None:
        try:
            output = self._repository().run("config", "--get", "opsbook.by", accept=(0, 1))
        except NotARepository:
            return None
        return output.data.decode("utf-8", "replace").strip() or None


def _login() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # no such user in this container
        return ""
