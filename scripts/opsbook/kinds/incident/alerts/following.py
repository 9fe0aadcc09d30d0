"""Incidents follow alerts: one open incident for each deduplication key, and an entry for each change of its state.

What is known of an alert is in the timelines alone: whoever takes an event, on whatever machine, knows the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError

from opsbook.core.alerting import AlertIntake, Following, Unreadable
from opsbook.core.book import Book
from opsbook.core.errors import Refused
from opsbook.core.ids import Ids
from opsbook.core.inert import github
from opsbook.core.plan import Plan
from opsbook.core.text import one_line, shorten, visible
from opsbook.core.times import Times
from opsbook.core.types import write_time
from opsbook.kinds.incident import files, model
from opsbook.kinds.incident.actions import details, plan_of
from opsbook.kinds.incident.alerts import alertmanager, grafana, opsgenie, pagerduty
from opsbook.kinds.incident.alerts.event import Event, Vendor
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.paging import calls, woken
from opsbook.kinds.incident.requests import Declare, FollowAlert
from opsbook.kinds.incident.similar import open_incidents
from opsbook.kinds.incident.view import IncidentView
from opsbook.kinds.incident.words import CLOCK_SKEW, words

VENDORS: tuple[Vendor, ...] = (grafana, alertmanager, pagerduty, opsgenie)
"""Each tells its payloads by their shape."""

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LONGEST = 4_000
"""Characters of a description."""


class Known(NamedTuple):
    """What the timelines say of an alert.

    Attributes:
        record: the incident that followed it last, and whether that is open.
    """

    record: str
    is_open: bool
    alert: model.AlertFacts


def _age(alert: model.AlertFacts) -> tuple[datetime, datetime, bool]:
    """What is known last of an alert is what its latest change says."""
    return alert.began, alert.since, alert.state == "resolved"


def is_news(alert: model.AlertFacts | Event, known: Known | None) -> bool:
    """Whether an event changes what is known. One that repeats or is older does not, nor does the end of nothing."""
    if known is None:
        return alert.state == "firing"
    last = known.alert
    if alert.state == "firing":
        return alert.began > last.began and not (known.is_open and last.state == "firing")
    return known.is_open and last.state == "firing" and alert.since >= last.since


class IncidentAlerts(AlertIntake):
    """How alerts become incidents."""

    sources = tuple(sorted(vendor.NAME for vendor in VENDORS))

    def read(self, text: str, source: str | None, now: datetime) -> tuple[Sequence[Event], Sequence[Unreadable]]:
        """See `AlertIntake.read`."""
        events: list[Event] = []
        bad: list[Unreadable] = []
        for place, raw, value in _payloads(text):
            if isinstance(value, str):
                bad.append(Unreadable(place, value, raw))
                continue
            payload = _unwrapped(value)
            vendor = next((v for v in VENDORS if _fits(v, payload, source)), None)
            if vendor is None:
                named = source or f"any of {', '.join(self.sources)}"
                bad.append(Unreadable(place, f"it has not the shape of an alert of {named}", raw))
                continue
            for inner, part in vendor.parts(payload):
                try:
                    event = vendor.event(part)
                    if event is not None:
                        events.append(_timely(event, now))
                except ValidationError as error:
                    first = error.errors(include_url=False, include_input=False)[0]
                    where = ".".join(filter(None, (inner, *map(str, first["loc"]))))
                    bad.append(Unreadable(f"{place}, {one_line(where)}", one_line(first["msg"]), json.dumps(part)))
                except ValueError as error:
                    bad.append(Unreadable(f"{place}, {inner}".rstrip(", "), str(error), json.dumps(part)))
        return sorted(events, key=lambda event: event.order), bad

    def identity(self, event: Event) -> str:
        """See `AlertIntake.identity`."""
        return "\n".join((event.source, event.key, event.state, write_time(event.began), write_time(event.since)))

    def begin(self, book: Book, events: Sequence[Event], now: datetime) -> Following:
        """See `AlertIntake.begin`."""
        return _Following(book, events, now)


class _Following(Following):
    def __init__(self, book: Book, events: Sequence[Event], now: datetime) -> None:
        self._book, self._now = book, now
        self._config = book.config.section(IncidentsConfig)
        self._called: dict[str, datetime] = {}
        self._known: dict[tuple[str, str], Known] = {}
        self._labels = dict(_labels(book))
        since = min((event.began for event in events), default=now) - timedelta(days=1)
        for view in _views(book, since):
            for called in calls(view):
                last = self._called.get(called.call.target, called.call.at)
                self._called[called.call.target] = max(last, called.call.at)
            for _, entry in view.timeline.of(model.AlertChange):
                self._learn(entry.alert, view.record.id, is_open=view.is_open)

    def _learn(self, alert: model.AlertFacts, record: str, *, is_open: bool) -> None:
        before = self._known.get((alert.source, alert.key))
        if before is None or _age(alert) >= _age(before.alert):
            self._known[alert.source, alert.key] = Known(record, is_open, alert)

    def wanted(self, event: Event) -> Declare | FollowAlert | None:
        """See `Following.wanted`."""
        known, by = self._known.get((event.source, event.key)), f"local:{event.source}"
        if not is_news(event, known):
            return None
        began = known.alert.began if known is not None and event.state == "resolved" else event.began
        alert = model.AlertFacts(source=event.source, key=event.key, state=event.state, began=began, since=event.since)
        if known is not None and known.is_open:
            clock = Times(self._now, self._book.config.core.timezone).clock(event.since)
            text = f"The alert fires again, since {clock}."
            if event.state == "resolved":
                text = f"The alert says it is over, since {clock}. Is it? opsbook resolve -i {known.record[-5:]}"
            return FollowAlert(by=by, record=known.record, alert=alert, text=text)
        severity, why = self._severity(event)
        services = self._services(event)
        return Declare(
            by=by,
            title=shorten(one_line(event.title) or f"Alert {event.key}", 110),
            severity=severity,
            services=services,
            summary=_summary(event, why),
            alert=alert,
            quiet=tuple(name for name, at in self._called.items() if self._now - at < self._config.alerts.calls_every),
        )

    def done(self, event: Event, request: Any, record: str) -> None:
        """See `Following.done`."""
        self._learn(request.alert, record, is_open=True)
        if isinstance(request, Declare):
            wakes = woken(self._book, request.severity, request.services, asked=None, drill=False)
            self._called |= {name: self._now for name in wakes if name not in request.quiet}

    def _severity(self, event: Event) -> tuple[str, str]:
        """The severity that the policy gives it, and what to say where it gives none."""
        named = event.severity.strip().casefold()
        for value, severity in self._config.alerts.severities.items():
            if value.casefold() == named:
                return severity, ""
        mildest = [item.id for item in self._config.severities if item.retired is None][-1]
        said = f"“{shorten(one_line(event.severity), 40)}”" if named else "none"
        return mildest, f"{mildest} is a proposal: the alert says {said}, which opsbook.yml does not translate."

    def _services(self, event: Event) -> tuple[str, ...]:
        """The services of the catalogue that its labels name; never one that is only like it."""
        named = [event.labels.get(label, "") for label in self._config.alerts.service_labels]
        found = [name for name in named if name in self._book.refs("service")]
        found += [name for label in event.labels.items() for name in self._labels.get("=".join(label), ())]
        return tuple(dict.fromkeys(found))


def follow(book: Book, request: FollowAlert, now: datetime, ids: Ids, operation: str) -> Plan:
    """An entry that says what an alert says now.

    Raises:
        Refused: it is known already.
    """
    record, alert = details(book, request), request.alert
    view = IncidentView(record)
    same = [entry.alert for _, entry in view.timeline.of(model.AlertChange) if entry.alert.key == alert.key]
    last = max(same, key=_age, default=None)
    if last is not None and not is_news(alert, Known(record.id, view.is_open, last)):
        raise Refused(f"{record.id} knows this of the alert already.")
    text = words(book, request.text, "text")
    entry = model.AlertChange(kind="alert", alert=alert, text=text, at=now, by=request.by, operation=operation)
    path, data = files.entry(record.path, entry, ids)
    subject = f"Record that an alert of {record.id} is {alert.state}"
    return plan_of(record, {path: data}, subject, (("Alert", alert.state),), github(text))


def _views(book: Book, since: datetime) -> Iterator[IncidentView]:
    """Open incidents, and those that may have followed what began so long ago: their ids hold the day."""
    views = open_incidents(book)
    yield from views
    seen = {view.record.id for view in views}
    for ref in book.refs("incident").values():
        if ref.id not in seen and ref.id[4:12] >= f"{since:%Y%m%d}":
            yield IncidentView(book.record(ref))


def _labels(book: Book) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The services that name a label of alerts as about them."""
    found: dict[str, tuple[str, ...]] = {}
    for name, ref in book.refs("service").items():
        file = book.record(ref).files.get("")
        value = file.document.value if file is not None and file.document is not None else None
        labels = value.get("alerts") if isinstance(value, dict) else None
        for label in labels if isinstance(labels, list) else ():
            found[str(label)] = (*found.get(str(label), ()), name)
    yield from found.items()


def _payloads(text: str) -> Iterator[tuple[str, str, Mapping[str, Any] | str]]:
    """Where each payload of a stream is, its text, and its value or what is wrong with it.

    A stream is one JSON value, an array of payloads, or one payload in each line.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    whole = _json(text)
    if isinstance(whole, str) and len(lines) > 1 and not isinstance(_json(lines[0][1]), str):
        found = [(f"line {number}", line, _json(line)) for number, line in lines]
    elif isinstance(whole, list):
        found = [(f"payload {number}", json.dumps(value), value) for number, value in enumerate(whole, 1)]
    else:
        found = [("the payload", text, whole)]
    for place, raw, value in found:
        yield place, raw, value if isinstance(value, dict | str) else "it is no JSON object"


def _json(text: str) -> Any:
    """The value, or a sentence about what is wrong: a payload is never a JSON string."""
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        return f"it is no JSON at {error.lineno}:{error.colno}: {error.msg}"
    except (RecursionError, ValueError):
        return "it is no JSON that can be read"
    return "it is no JSON object" if isinstance(value, str) else value


def _unwrapped(payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """What somebody sent to GitHub (`repository_dispatch`), where it has at most ten fields, or one that holds all."""
    inner = payload.get("client_payload")
    if not isinstance(inner, dict):
        return payload
    wrapped = inner.get("payload")
    return wrapped if isinstance(wrapped, dict) else inner


def _fits(vendor: Vendor, payload: Mapping[str, Any], source: str | None) -> bool:
    return (source or vendor.NAME) == vendor.NAME and vendor.is_its(payload)


def _timely(event: Event, now: datetime) -> Event:
    """The event; raises ValueError when its times cannot be."""
    for moment in (event.began, event.since):
        if not _EARLIEST <= moment <= now + CLOCK_SKEW:
            raise ValueError(f"{moment.isoformat()} is before 2000 or in the future")
    return event


def _summary(event: Event, why: str) -> str:
    lines = [shorten(visible(event.text).strip(), _LONGEST)]
    lines += [f"{what}: {one_line(url)[:1000]}" for what, url in event.links if url.strip()]
    lines += [why, f"From {event.source}, since {write_time(event.began)}, key {event.key}"]
    return "\n".join(filter(None, lines))
