"""The field types that kinds share: strict in what they accept, the same in the models and in the JSON Schemas."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Generic, TypeVar, get_args

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainSerializer,
    RootModel,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

PATTERNS: dict[str, str] = {}
"""What a text must be, by the pattern that it does not match: written where the pattern is."""


def matching(pattern: str, words: str, *, min_length: int | None = None, max_length: int | None = None) -> Any:
    """Restricts a text to a pattern; `words` end the sentence that tells a person so (`must be …`)."""
    PATTERNS[pattern] = words
    return StringConstraints(pattern=pattern, min_length=min_length, max_length=max_length)


MEANINGS: dict[tuple[str, ...], tuple[str, ...]] = {}
"""What each word of a choice means, by its words: written where the choice is, shown by editors."""


def means(choice: Any, *meanings: str) -> None:
    """Say what the words of a `Literal` mean, in their order."""
    MEANINGS[get_args(choice)] = meanings


class Model(BaseModel):
    """The base of every model: frozen, no unknown fields, no conversion of values.

    Validators are built when they are first used: parts of a model never need one of their own.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


T = TypeVar("T")


class Choice(RootModel[T], Generic[T]):
    """The base of a model that is one of several; its validator is built as late as theirs."""

    model_config = ConfigDict(defer_build=True)


# Written out where `\d` would do: in Python and Rust it is a digit of any script, in JSON Schema one of ten.
_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])")
_TIME = re.compile(rf"{_DATE.pattern}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]Z")
_DURATION = re.compile(r"([1-9][0-9]{0,3})(m|h|d|w)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _time(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and _TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("time", "is not a time; write it in UTC, like 2026-11-21T10:05:00Z")


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("date", "is not a date; write it like 2026-11-21")


def parse_duration(value: object) -> timedelta:
    """`90m`, `1h`, `5d` or `26w` as a time span; raises a pydantic error for anything else."""
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PydanticCustomError("duration", "is not a length of time; write it like 30m, 1h, 5d or 26w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def write_duration(value: timedelta) -> str:
    """The shortest way to write a whole number of minutes: the inverse of `parse_duration`."""
    minutes = int(value.total_seconds() // 60)
    for unit, size in (("w", 10080), ("d", 1440), ("h", 60)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def spoken(value: timedelta) -> str:
    """A length of time in words: `30 minutes`, `1 hour`, `5 days`."""
    text = write_duration(value)
    count, unit = int(text[:-1]), {"m": "minute", "h": "hour", "d": "day", "w": "week"}[text[-1]]
    return f"{count} {unit}s" if count > 1 else f"1 {unit}"


def write_time(value: datetime) -> str:
    """An aware time as the files hold it: UTC, whole seconds, `Z`."""
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_time(value: str) -> datetime:
    """The inverse of `write_time`; raises ValueError."""
    try:
        return _time(value)
    except PydanticCustomError as error:
        raise ValueError(f"{value!r} {error.message()}") from None


UtcTime = Annotated[
    datetime,
    BeforeValidator(_time),
    PlainSerializer(write_time, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_TIME.pattern}$"}),
]
"""A moment, aware and in UTC, written `2026-11-21T10:05:00Z`."""

IsoDate = Annotated[
    date,
    BeforeValidator(_date),
    PlainSerializer(date.isoformat, return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DATE.pattern}$"}),
]
"""A day, written `2026-11-21`."""

Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$"}),
]
"""A length of time: whole minutes, hours, days or weeks, written `30m`, `1h`, `5d`, `26w`."""

_LINE = r"^\S(?:[^\n]*\S)?$"
_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"


def line(*, min_length: int = 1, max_length: int = 120) -> Any:
    """One line of a length, without white space at its ends."""
    return matching(
        _LINE, "must be one line, without white space at its ends", min_length=min_length, max_length=max_length
    )


Line = Annotated[str, line()]
"""One line of at most 120 characters, without white space at its ends."""

Text = Annotated[str, matching(r"\S", "must not be empty", min_length=1, max_length=20_000)]
"""Anything that a person writes: at least one visible character, at most 20,000, simple Markdown when shown."""

Slug = Annotated[str, matching(f"^{_SLUG}$", "must be lower-case letters, digits and single hyphens", max_length=60)]
"""Lower-case words joined by hyphens: safe as a file name, an address and an anchor."""

Url = Annotated[
    str,
    matching(
        r"""^https?://[^\s<>"'`\\]+$""", "must be an address that begins with https:// or http://", max_length=500
    ),
]
"""An address of the web."""


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE = BeforeValidator(_whole)
"""Ends the annotation of a whole number: `1.0` is one too, JSON Schema cannot tell them apart (2020-12, 6.1.1)."""

Operation = Annotated[str, matching(r"^[0-9a-f]{20}$", "must be the 20 characters of an operation key")]
"""The key of the operation that wrote something; it lets a repeated operation find itself."""

OUTSIDER = (
    r"^(?:github:[A-Za-z0-9](?:[A-Za-z0-9_-]{0,38})(?:\[bot\])?"
    r"|slack:[UW][A-Z0-9]{2,20}|local:[a-z0-9][a-z0-9_.-]{0,31})$"
)
"""People who hold no role are named by where they come from: `github:<login>`, `slack:<id>`, `local:<name>`.

The login of a managed user ends with an underscore and the short code of the enterprise.
"""


@dataclass(frozen=True)
class OneOf:
    """Restricts a text to a vocabulary that the configuration defines (severities, people, components, …).

    Validation reads the vocabulary from the validation context; without a context every text passes, so that a
    record can be read although `opsbook.yml` is broken. The JSON Schema gets the words from the same place.

    Attributes:
        vocabulary: its name in the context.
        noun: what one entry is called in a message.
        otherwise: a pattern of texts that are accepted besides.
    """

    vocabulary: str
    noun: str
    otherwise: str | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Validate as the plain type first, then against the vocabulary."""
        return core_schema.with_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Mark the place where the generator of schemas puts the words."""
        return {
            **handler(schema),
            "x-opsbook-vocabulary": self.vocabulary,
            "x-opsbook-otherwise": self.otherwise,
        }

    def _check(self, value: str, info: ValidationInfo) -> str:
        context: Mapping[str, Mapping[str, object]] | None = info.context
        if context is None or self.vocabulary not in context or value in context[self.vocabulary]:
            return value
        if self.otherwise is not None and re.fullmatch(self.otherwise, value):
            return value
        known = ", ".join(context[self.vocabulary]) or "none"
        raise PydanticCustomError(
            "vocabulary",
            "is not a {noun} of opsbook.yml; known: {known}{more}",
            {
                "noun": self.noun,
                "known": known,
                "more": _OTHERWISE.get(self.otherwise or "", ""),
            },
        )


_OTHERWISE = {OUTSIDER: "; or github:<login>, slack:<id>, local:<name>", "^users notice$": "; or users notice"}
"""What a message says of a pattern that is accepted besides a vocabulary."""

PersonRef = Annotated[str, OneOf("people", "person", OUTSIDER)]
"""A person: an id of `opsbook.yml`, or an outsider."""

Callee = Annotated[
    str, matching(f"^{_SLUG}$|{OUTSIDER}", "must be a name in lower case, or github:<login>", max_length=60)
]
"""Whom a pager wakes: a service, a rota, a team, a role or a person, by the name that the pager knows."""

OwnerRef = Annotated[str, OneOf("owners", "role or team")]
"""Who owns a step, a runbook or a service: a role or a team of `opsbook.yml`."""

TeamRef = Annotated[str, OneOf("teams", "team")]
RoleRef = Annotated[str, OneOf("roles", "role")]
ChannelRef = Annotated[str, OneOf("channels", "channel")]
RotaRef = Annotated[str, OneOf("rotas", "rota")]

ServiceRef = Annotated[Slug, OneOf("service", "service", f"^{_SLUG}$")]
"""The name of a service in `services/`. A rule says whether there is one; editors offer those that there are."""

RunbookRef = Annotated[
    str,
    matching(f"^{_SLUG}/{_SLUG}$", "must be <area>/<name> of a runbook, in lower case", max_length=121),
]
"""A runbook: `<area>/<slug>` below `runbooks/`, without `.md`."""


def many(*, max_length: int = 500) -> Any:
    """The field of a list: YAML gives a list, the model holds a tuple."""
    return Field(default=(), strict=False, max_length=max_length)


ConditionRef = Annotated[str, OneOf("severities", "severity", "^users notice$")]
"""When a step is needed: in an incident of a severity, or when users notice it."""


class Step(Model):
    """One line of a checklist."""

    step: Annotated[int, Field(ge=1, le=9999), WHOLE]
    """Its number; steps are numbered from 1 without gaps."""
    action: Annotated[str, matching(r"\S", "must not be empty", min_length=1, max_length=500)]
    """What to do, as an instruction."""
    owner: OwnerRef
    """The role or team that does it."""
    when: tuple[ConditionRef, ...] = many()
    """When it is needed: one of these holds, severities or `users notice`. Without any it always is."""


class Link(Model):
    """An address with its name."""

    title: Line
    """What a person clicks on."""
    url: Url
    """Where it leads."""
