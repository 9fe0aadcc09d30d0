"""An alert as every alerting system sends it, once it is translated."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

from opsbook.kinds.incident.model import AlertState

_KEY = re.compile(r"[A-Za-z0-9._:/@=-]{1,100}")


@dataclass(frozen=True, slots=True)
class Event:
    """One change of one alert. Every text is a stranger's.

    Attributes:
        key: deduplication key, as it may stand in a record.
        severity: what the sender calls it, to be mapped by `incidents.alerts.severities`.
        labels: by which the service is found.
        began: when it began to fire this time; since: when it got into this state.
        links: what they are, and addresses.
    """

    source: str
    key: str
    state: AlertState
    title: str
    severity: str
    labels: Mapping[str, str]
    began: datetime
    since: datetime
    text: str = ""
    links: tuple[tuple[str, str], ...] = ()

    @property
    def order(self) -> tuple[datetime, bool, str]:
        """By time; what begins and ends in one second begins first."""
        return self.since, self.state == "resolved", self.key


class Vendor(Protocol):
    """A module that translates the payloads of one alerting system."""

    NAME: str

    def is_its(self, payload: Mapping[str, Any]) -> bool:
        """Whether a payload has the shape of its own."""
        ...

    def parts(self, payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Each alert in a payload, and where it is there: one that cannot be read stops no other."""
        ...

    def event(self, part: Any) -> Event | None:
        """What one of them says, if anything; raises pydantic's `ValidationError`."""
        ...


class Payload(BaseModel):
    """The base of what is read of a payload: vendors add fields at any time."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


def key_of(value: str) -> str:
    """A deduplication key as it may stand in a record."""
    digest = hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:32]
    return value if _KEY.fullmatch(value) else f"sha256:{digest}"


_MOMENT: TypeAdapter[datetime] = TypeAdapter(datetime)


def _moment(value: object) -> datetime:
    """A time as RFC 3339 has it, or as a number of seconds or of any thousandth of them, in whole seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        while abs(value) > 1e11:
            value /= 1000
    found = _MOMENT.validate_python(value)
    return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)


Moment = Annotated[datetime, BeforeValidator(_moment)]


def _text(value: object) -> object:
    """A number or a truth value as text: labels may be any."""
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value


Loose = Annotated[str, BeforeValidator(_text)]
Labels = Mapping[str, Loose]
NONE: Any = Field(default_factory=dict)
"""The field of labels that need not be there."""
