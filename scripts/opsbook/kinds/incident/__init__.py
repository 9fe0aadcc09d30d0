"""The kind `incident`: from the declaration through the timeline to the report."""

from __future__ import annotations

import re

from opsbook.core.kind import Kind
from opsbook.core.record import Part
from opsbook.kinds.incident.actions import ACTIONS
from opsbook.kinds.incident.announcements import announcements
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import Checklist, Incident, TimelineEntry
from opsbook.kinds.incident.page import sheets
from opsbook.kinds.incident.pull import propose
from opsbook.kinds.incident.reminders import remind
from opsbook.kinds.incident.rules import BOOK_RULES, RULES
from opsbook.kinds.incident.similar import open_incidents
from opsbook.kinds.incident.view import CHECKLIST, FACTS, REPORT, held, is_open

KIND = Kind(
    name="incident",
    plural="incidents",
    folder="incidents",
    path=re.compile(r"[0-9]{4}/(?P<id>INC-[0-9]{8}-[0-9A-HJKMNP-TV-Z]{5})(?:-[a-z0-9]+)*"),
    depth=2,
    naming="incidents/<year>/INC-<date>-<5 characters>-<words>, like incidents/2026/INC-20261121-7KQ4M-checkout-down",
    parts=(
        Part(FACTS, "incident", schema="incident", model=Incident, required=True),
        Part("timeline/*.yaml", "timeline entry", schema="timeline-entry", model=TimelineEntry),
        Part(CHECKLIST, "checklist", schema="checklist", model=Checklist),
        Part(REPORT, "report", format="markdown"),
    ),
    section=IncidentsConfig,
    rules=RULES,
    book_rules=BOOK_RULES,
    actions=ACTIONS,
    announce=announcements,
    remind=remind,
    propose=propose,
    needs_people=held,
    is_open=is_open,
    open_in=lambda book: [view.record for view in open_incidents(book)],
    sheets=sheets,
)
