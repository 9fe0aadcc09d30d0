"""Everything that the rest of the program asks of incidents, in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from opsbook.core.kind import Kind
from opsbook.core.shape import Part
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import Checklist, Incident, TimelineEntry
from opsbook.kinds.incident.view import CHECKLIST, FACTS, REPORT, IncidentView, view_of

if TYPE_CHECKING:
    from opsbook.core.announcement import Announcement
    from opsbook.core.book import Book
    from opsbook.core.command import View
    from opsbook.core.entry import Entry
    from opsbook.core.examined import Examined
    from opsbook.core.front import Front, Urgent
    from opsbook.core.ids import Ids
    from opsbook.core.kind import Action, Sheet
    from opsbook.core.plan import Plan
    from opsbook.core.record import Record
    from opsbook.core.request import Request
    from opsbook.core.rows import Row, Rows
    from opsbook.core.rule import BookRule, RecordRule
    from opsbook.core.start import Start
    from opsbook.kinds.incident.alerts.following import IncidentAlerts
    from opsbook.kinds.incident.intake import IncidentIntake


class IncidentKind(Kind):
    """An incident: facts that can contradict each other, a timeline that grows, checklists, a report."""

    name = "incident"
    plural = "incidents"
    folder = "incidents"
    path = re.compile(r"[0-9]{4}/(?P<id>INC-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5})(?:-[a-z0-9]+)*")
    depth = 2
    naming = "incidents/<year>/INC-<date>-<5 characters>-<words>, like incidents/2026/INC-20261121-7KQ4M-checkout-down"
    parts = (
        Part(FACTS, "incident", schema="incident", model=Incident, required=True),
        Part("timeline/*.yaml", "timeline entry", schema="timeline-entry", model=TimelineEntry),
        Part(CHECKLIST, "checklist", schema="checklist", model=Checklist),
        Part(REPORT, "report", format="markdown"),
    )
    section = IncidentsConfig
    found_in = (FACTS, REPORT)
    pages = ("incidents/index.md", "incidents/reports.md", "incidents/*/index.md", "incident-process/at-a-glance.md")

    @property
    def rules(self) -> tuple[type[RecordRule], ...]:
        """See `Kind.rules`."""
        from opsbook.kinds.incident.rules import RULES

        return RULES

    @property
    def book_rules(self) -> tuple[type[BookRule], ...]:
        """See `Kind.book_rules`."""
        from opsbook.kinds.incident.rules import BOOK_RULES

        return BOOK_RULES

    @property
    def actions(self) -> Mapping[type[Request], Action]:
        """See `Kind.actions`."""
        from opsbook.kinds.incident.actions import note, tick
        from opsbook.kinds.incident.alerts.following import follow
        from opsbook.kinds.incident.declare import declare
        from opsbook.kinds.incident.escalating import escalate
        from opsbook.kinds.incident.paging import acknowledge, call
        from opsbook.kinds.incident.people import agree, attend, hand_over
        from opsbook.kinds.incident.requests import (
            Acknowledge,
            Agree,
            Attend,
            Call,
            Declare,
            Escalate,
            FollowAlert,
            HandOver,
            Note,
            Secure,
            Tick,
            Update,
        )
        from opsbook.kinds.incident.secure import secure
        from opsbook.kinds.incident.update import update

        return {
            Declare: declare,
            Note: note,
            Update: update,
            Tick: tick,
            Agree: agree,
            Attend: attend,
            HandOver: hand_over,
            Escalate: escalate,
            Secure: secure,
            Call: call,
            Acknowledge: acknowledge,
            FollowAlert: follow,
        }

    @property
    def intake(self) -> IncidentIntake:
        """See `Kind.intake`."""
        from opsbook.kinds.incident.intake import IncidentIntake

        return IncidentIntake()

    @property
    def alerts(self) -> IncidentAlerts:
        """See `Kind.alerts`."""
        from opsbook.kinds.incident.alerts.following import IncidentAlerts

        return IncidentAlerts()

    @property
    def start(self) -> Start:
        """See `Kind.start`."""
        from opsbook.kinds.incident.start import START

        return START

    def is_open(self, record: Record) -> bool:
        """See `Kind.is_open` and `IncidentView.is_open`."""
        return view_of(record).is_open

    def rehearsed(self, record: Record) -> bool:
        """See `Kind.rehearsed`."""
        facts = view_of(record).facts
        return facts is not None and facts.drill

    def open_in(self, book: Book) -> Sequence[Record]:
        """See `Kind.open_in`."""
        from opsbook.kinds.incident.similar import open_incidents

        return [view.record for view in open_incidents(book)]

    def awaiting(self, book: Book, now: datetime) -> Sequence[Record]:
        """See `Kind.awaiting`: somebody's agreement."""
        from opsbook.kinds.incident.agreements import awaiting

        return [view.record for view in awaiting(book, now)]

    def ready(self, book: Book, now: datetime) -> Iterable[Examined]:
        """See `Kind.ready`: what is open and promised, whom to contact and to alert, what to have read."""
        from opsbook.kinds.incident.ready import ready

        return ready(book, now)

    def listing(self, book: Book, now: datetime, *, every: bool) -> View:
        """See `Kind.listing`."""
        from opsbook.kinds.incident.listing import listing

        return listing(book, now, every=every)

    def shown(self, record: Record, book: Book, now: datetime) -> View:
        """See `Kind.shown`."""
        from opsbook.kinds.incident.shown import shown

        return shown(record, book, now)

    def announce(self, before: Record | None, after: Record | None, book: Book) -> Sequence[Announcement]:
        """See `Kind.announce`."""
        from opsbook.kinds.incident.announcements import announcements

        return announcements(before, after, book)

    def remind(self, record: Record, book: Book, now: datetime) -> Sequence[Announcement]:
        """See `Kind.remind`."""
        from opsbook.kinds.incident.reminders import remind

        return remind(record, book, now)

    def propose(self, record: Record, book: Book) -> Plan:
        """See `Kind.propose`."""
        from opsbook.kinds.incident import pull

        return pull.propose(record, book)

    def needs_people(self, before: Record | None, after: Record) -> str:
        """See `Kind.needs_people`: only declarations are merged by themselves.

        What follows gathers on the branch, and is merged when somebody has looked at it.
        """
        if before is not None:
            return "It is on main already; what follows the declaration is merged by people."
        return "" if view_of(after).facts is not None else "Its facts cannot be read."

    def migrate(self, record: Record, book: Book, ids: Ids) -> Mapping[str, bytes]:
        """See `Kind.migrate`: each follow-up gets an id."""
        from opsbook.core import yaml
        from opsbook.kinds.incident.model import FollowUp

        view = IncidentView(record)
        if view.file is None or view.facts is None or not view.editable:
            return {}
        nameless = [place for place, follow_up in enumerate(view.facts.follow_ups) if follow_up.id is None]
        edits = [(("follow_ups", place, "id"), f"FUP-{ids.token()}") for place in nameless]
        order = [f"follow_ups.{name}" for name in FollowUp.model_fields]
        return {view.file.path: yaml.edit(view.file.text, edits, order).encode()} if edits else {}

    @property
    def row_type(self) -> type[Row]:
        """See `Kind.row_type`."""
        from opsbook.kinds.incident.page import IncidentRow

        return IncidentRow

    def row(self, record: Record, book: Book) -> Row:
        """See `Kind.row`."""
        from opsbook.kinds.incident.page import row_of

        return row_of(record, book)

    def sheet(self, record: Record, row: Any, rows: Rows, book: Book, now: datetime) -> Sheet:
        """See `Kind.sheet`."""
        from opsbook.kinds.incident.page import sheet

        return sheet(record, row, rows, book, now)

    def indexes(self, rows: Rows, book: Book, now: datetime) -> Iterable[Sheet]:
        """See `Kind.indexes`: by year, the open ones, the reports, and how they are handled."""
        from opsbook.kinds.incident.page import indexes

        return indexes(rows, book, now)

    def found(self, record: Record) -> Entry | None:
        """See `Kind.found`: its title, what people noticed, and the report; nothing of one that may be a breach."""
        from opsbook.core.entry import Entry, Passage, passages
        from opsbook.kinds.incident.report import GUIDANCE

        found = record.only(FACTS, Incident)
        if found is None or found[1].classification != "operational":
            return None
        file, facts = found
        impact = facts.impact.summary if facts.impact is not None else None
        parts = tuple(
            Passage("", text, file.place((key,))[0] - 1)
            for key, text in (("title", facts.title), ("impact", impact), ("summary", facts.summary))
            if text
        )
        report = record.files.get(REPORT)
        if report is not None and report.markdown is not None and GUIDANCE not in report.text:
            parts += passages(report.markdown, "Incident report", report.path)
        names = " ".join((record.id, *facts.services))
        return Entry(
            file.path, facts.title, parts, (), names, "", f"{'a drill, ' if facts.drill else ''}{facts.status}"
        )

    def front(self, book: Book, now: datetime) -> Front:
        """See `Kind.front`: what is open, how to declare, and the reports."""
        from opsbook.core.front import Begin, Front, Way
        from opsbook.kinds.incident.forms import TEMPLATE
        from opsbook.kinds.incident.similar import open_incidents

        config = book.config.section(IncidentsConfig)
        return Front(
            urgent=[_urgent(view, config, now) for view in open_incidents(book)],
            one="open incident",
            several="open incidents",
            index="incidents/index.md",
            begin=Begin("opsbook declare", "incident-process/index.md", TEMPLATE),
            browse=[Way("Reports", "incidents/reports.md", "What happened, and what was done about it")],
        )


def _urgent(view: IncidentView, config: IncidentsConfig, now: datetime) -> Urgent:
    from opsbook.core.front import Urgent
    from opsbook.kinds.incident.similar import rank

    facts, where = view.facts, view.record.shape.page(view.record.path)
    if facts is None:
        return Urgent(view.record.id, f"{view.record.id} cannot be read", "", 0, "unknown", where)
    due = view.next_update(config)
    return Urgent(
        id=facts.id,
        title=facts.title,
        severity=facts.severity or "",
        rank=rank(config, facts),
        status=facts.status,
        page=where,
        next_update=due,
        overdue=due is not None and due < now,
        drill=facts.drill,
    )
