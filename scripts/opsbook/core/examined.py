"""What an examination found: one line of `opsbook doctor`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeVar

from opsbook.core.errors import OpsbookError

Failure = TypeVar("Failure", bound=Exception)

State = Literal["fine", "missing", "unknown", "note"]
"""`missing`: somebody has to do something. `unknown`: it was tried, and no answer came. `note`: worth knowing."""


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was tried.

    Attributes:
        what: the thing, in a word or two.
        says: what came of it, as a sentence. Never holds a token.
        remedy: what a person does about it: which page, button or command. Never empty for `missing` and `unknown`.
    """

    what: str
    state: State
    says: str
    remedy: str = ""

    @property
    def is_good(self) -> bool:
        """Whether nobody has to do anything."""
        return self.state in ("fine", "note")


def fine(what: str, says: str) -> Examined:
    """It works."""
    return Examined(what, "fine", says)


def missing(what: str, says: str, remedy: str) -> Examined:
    """It does not work until somebody does something."""
    return Examined(what, "missing", says, remedy)


def unknown(what: str, says: str, remedy: str) -> Examined:
    """It could not be found out."""
    return Examined(what, "unknown", says, remedy)


def note(what: str, says: str, remedy: str = "") -> Examined:
    """It works, or is left out on purpose, and people should know."""
    return Examined(what, "note", says, remedy)


def lacking(what: str) -> Callable[[OpsbookError], Examined]:
    """Says of an error that it has to be put right, in its own words."""
    return lambda error: missing(what, error.message, error.remedy)


def judged(found: Iterable[Examined], failure: type[Failure], say: Callable[[Failure], Examined]) -> Iterator[Examined]:
    """What is found while it goes well; a failure ends it, and is something found itself."""
    try:
        yield from found
    except failure as error:
        yield say(error)
