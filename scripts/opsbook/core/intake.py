"""The forms by which somebody asks for a new record where nobody can be asked back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from opsbook.core.book import Book
    from opsbook.core.ids import Ids
    from opsbook.core.ports import Asked
    from opsbook.core.record import Record
    from opsbook.core.request import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """What whoever asked is told of what came of it.

    Attributes:
        id: of the record; empty when it is not known yet.
        url: of the pull request; empty when there is none.
        reached, missed: the channels that know, and those that do not (or perhaps do not).
        unpublished: why it is not on record yet; empty when it is.
        masked: what of the words that were typed is not kept, by its name.
    """

    id: str
    url: str
    reached: Sequence[str]
    missed: Sequence[str]
    unpublished: str = ""
    masked: Sequence[str] = ()


class Intake(ABC):
    """The forms of a kind: how they are shown, how they are read, and what they are answered.

    Attributes:
        template: name of the issue form's file; workflow: of the workflow's that has a form.
    """

    template: ClassVar[str]
    workflow: ClassVar[str]

    @abstractmethod
    def issue_form(self, book: Book) -> dict[str, Any]:
        """The issue form, as GitHub's syntax for issue forms has it; raises `Refused` where none can be made."""

    @abstractmethod
    def inputs(self, book: Book) -> dict[str, Any]:
        """The inputs of the workflow form, as `on.workflow_dispatch.inputs` has them; raises `Refused`."""

    @abstractmethod
    def read(self, asked: Asked) -> Request | None:
        """What a form asks for; `None` when it is none of this kind; raises `Refused` when it cannot be read."""

    @abstractmethod
    def first_id(self, ids: Ids, now: datetime) -> str:
        """The id that a request gets when nobody has taken it."""

    @abstractmethod
    def asked_for(self, record: Record) -> Request | None:
        """The request that a record came from, as its facts tell; `None` when they cannot be read."""

    @abstractmethod
    def done(self, request: Request) -> str:
        """What is printed when it is done: `{record} declared`, with the id in its place."""

    @abstractmethod
    def answer(self, book: Book, request: Request, answer: Answer) -> str:
        """Markdown for whoever asked: it is on record, or on its way there."""

    @abstractmethod
    def refuse(self, book: Book, asked: Asked, message: str, remedy: str, again: str) -> str:
        """Markdown for whoever asked: it cannot be done as it is; `again` says how to try again."""

    @abstractmethod
    def forbid(self, book: Book, needed: str, has: str) -> str:
        """Markdown for whoever asked: they may not; `needed` and `has` are permissions on the repository."""


def all_intakes(kinds: Mapping[str, Any]) -> list[Intake]:
    """The intake of every kind that has one."""
    return [kind.intake for kind in kinds.values() if kind.intake is not None]
