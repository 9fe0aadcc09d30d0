"""The story of an incident in a tracker: which incidents have one, and where it is found.

Its number is not in the book. What is said in it is an announcement like any other; a sink opens, feeds and closes it.
"""

from __future__ import annotations

from urllib.parse import quote_plus, urlsplit

from opsbook.core.book import Book
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.model import SeverityChange
from opsbook.kinds.incident.view import IncidentView

LINK = "Story"
"""What a link to it is called."""


def audience(view: IncidentView, book: Book) -> str | None:
    """The story of an incident; none of a drill, of a security incident, and of what never was bad enough."""
    facts, tracker = view.facts, book.config.section(IncidentsConfig).tracker
    if tracker is None or facts is None or facts.drill or facts.classification != "operational":
        return None
    # What once was bad enough goes on being tracked when it is better than it was thought to be.
    had = {facts.severity, *(entry.severity for _, entry in view.timeline.of(SeverityChange))}
    if view.declared is not None:
        had.add(view.declared[1].severity)
    return tracker.audience if not tracker.severities or had & set(tracker.severities) else None


def address(view: IncidentView, book: Book) -> str | None:
    """Where the story is found by the id in its title, if the configuration says where the repository is."""
    tracker, repository = book.config.section(IncidentsConfig).tracker, book.config.core.site.repository
    if tracker is None or view.facts is None or audience(view, book) is None:
        return None
    if tracker.github == "this":
        if repository is None:
            return None
        place = repository.rstrip("/")
    else:
        parts = urlsplit(repository or "https://github.com")
        place = f"{parts.scheme}://{parts.netloc}/{tracker.github}"
    return f"{place}/issues?q={quote_plus(f'is:issue in:title {view.facts.id}')}"
