"""What a kind makes of alerts: a stream of them is read, and each becomes a request, or nothing that is new."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from opsbook.core.book import Book
    from opsbook.core.request import Request


class Unreadable(NamedTuple):
    """A payload that cannot be read.

    Attributes:
        place: which one it is, and where in it the fault is.
        text: the payload, to be kept.
    """

    place: str
    why: str
    text: str


class Following(ABC):
    """Follows a stream of alerts, event by event."""

    @abstractmethod
    def wanted(self, event: Any) -> Request | None:
        """What an event asks for; nothing if it says nothing that is not known."""

    @abstractmethod
    def done(self, event: Any, request: Request, record: str) -> None:
        """The request was carried out: what it says is known from now on."""


class AlertIntake(ABC):
    """How a kind reads alerts.

    Attributes:
        sources: the alerting systems whose payloads it understands.
    """

    sources: tuple[str, ...]

    @abstractmethod
    def read(self, text: str, source: str | None, now: datetime) -> tuple[Sequence[Any], Sequence[Unreadable]]:
        """The events of a stream of payloads, oldest first, and what of it cannot be read.

        Args:
            source: whose payloads they are; told by their shape where nothing is said.
        """

    @abstractmethod
    def identity(self, event: Any) -> str:
        """The same for each delivery of the same event."""

    @abstractmethod
    def begin(self, book: Book, events: Sequence[Any], now: datetime) -> Following:
        """Begin to follow events, from what a book knows.

        Args:
            events: those that will come.
        """
