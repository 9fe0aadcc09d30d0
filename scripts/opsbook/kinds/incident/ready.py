"""What somebody needs to know who could have to run an incident today, in four lines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from opsbook.core.book import Book
from opsbook.core.examined import Examined, fine, missing, note
from opsbook.core.text import one_line, shorten
from opsbook.core.times import Times
from opsbook.kinds.incident.agreements import asked, awaiting, pending
from opsbook.kinds.incident.config import IncidentsConfig
from opsbook.kinds.incident.similar import open_incidents

PROCESS = "docs/incident-process/index.md"


def ready(book: Book, now: datetime) -> Iterator[Examined]:
    """What is open and promised, where the contacts are, whom to alert of a breach, and what to have read."""
    config, core = book.config.section(IncidentsConfig), book.config.core
    clock = Times(now, core.timezone)
    words = []
    for view in (*open_incidents(book), *awaiting(book, now)):
        facts = view.facts
        if facts is None:
            words.append(f"{view.record.id[-5:]} cannot be read")
            continue
        due = view.next_update(config)
        promised = f", next update by {clock.clock(due)}{' (late)' if due < now else ''}" if due is not None else ""
        waits = "".join(f", {item.what} waits for {asked(item, core)}" for item in pending(view, book))
        drill = "drill " if facts.drill else ""
        title = f"{drill}{facts.severity or 'security'} {shorten(one_line(facts.title), 60)}"
        words.append(f"{view.record.id[-5:]} {title}{promised}{waits}")
    yield fine("open", "; ".join(words) + "." if words else "Nothing is open, and nothing is promised.")
    if config.escalation_link is not None:
        yield fine("contacts", f"{config.escalation_link.title}: {config.escalation_link.url}")
    elif config.escalation:
        yield missing(
            "contacts",
            "opsbook.yml says whom to escalate to, and not where their numbers are.",
            "Name a restricted page as `incidents.escalation_link`.",
        )
    link = f" {core.security.link.url}" if core.security.link is not None else ""
    yield fine("breach", f"First alert {one_line(core.security.who)}. {one_line(core.security.how)}{link}")
    worst = next((item for item in config.severities if item.retired is None), None)
    pages = [f"runbooks/{name}.md" for name in (worst.checklists if worst is not None else ())]
    there = [path for path in (PROCESS, *pages) if book.tree.read(path) is not None]
    yield fine("to have read", ", ".join(there)) if there else note("to have read", "No severity names a runbook.")
