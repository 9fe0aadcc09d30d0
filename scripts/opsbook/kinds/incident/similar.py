"""Open incidents that look like the one that somebody is about to declare."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

from opsbook.core.book import Book
from opsbook.core.types import write_time
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import Incident
from opsbook.kinds.incident.view import FACTS, IncidentView, says_over

ENOUGH = 0.6
"""How alike two titles must be (0 to 1): one in three words in common is about this much."""


def open_incidents(book: Book) -> list[IncidentView]:
    """Every open incident, the worst first, then the latest: stubs and those whose facts cannot be read among them.

    Of the others, which are nearly all, only the text of the facts is looked at.
    """
    found = []
    for ref in book.refs("incident").values():
        if ref.id in book.over:
            continue
        facts = book.tree.read(f"{ref.path}/{FACTS}")
        if facts is None or not says_over(facts):
            view = IncidentView(book.record(ref))
            if view.is_open:
                found.append(view)
    config = book.config.section(IncidentsConfig)
    latest = sorted(found, key=_begun, reverse=True)
    return sorted(latest, key=lambda view: (_is_drill(view), rank(config, view.facts) or 99))


def _is_drill(view: IncidentView) -> bool:
    return view.facts is not None and view.facts.drill


def rank(config: IncidentsConfig, facts: Incident | None) -> int:
    """1 for the worst severity of the book, and so on; 0 when there is none."""
    ids = [severity.id for severity in config.severities]
    return ids.index(facts.severity) + 1 if facts is not None and facts.severity in ids else 0


def _begun(view: IncidentView) -> tuple[str, str]:
    """Orders by time; an id holds the day."""
    return view.record.id[:12], write_time(view.facts.times.declared_at) if view.facts is not None else ""


def similar(book: Book, title: str, services: Sequence[str]) -> list[Incident]:
    """At most five open incidents with a similar title, or with a service and a word in common."""
    found: list[tuple[float, float, Incident]] = []
    for view in open_incidents(book):
        facts = view.facts
        if facts is None or facts.classification == "security":
            continue
        score, exactness = _alike(title, facts.title)
        if set(services) & set(facts.services):
            score += 0.35
        if score >= ENOUGH:
            found.append((score, exactness, facts))
    return [facts for _, _, facts in sorted(found, key=lambda item: item[:2], reverse=True)[:5]]


def _alike(first: str, second: str) -> tuple[float, float]:
    """How alike two titles are by their words or their letters, and by their letters alone."""
    one, two = (set(re.findall(r"\w{3,}", text.lower())) for text in (first, second))
    common = len(one & two) / max(1, min(len(one), len(two)))
    letters = difflib.SequenceMatcher(None, first.lower(), second.lower()).ratio()
    return max(common, letters), letters
