"""Writes a book of any size: the same bytes for the same number of records, on every machine.

Of `n` records 2 % are services (8 at least), 3 % are runbooks (8 at least) and the rest are incidents of five years:
60 % P3, 30 % P2 and 10 % P1, all closed but for the last ones, which are open. An incident holds what `opsbook declare`
writes, and what people add until it is closed:

* `incident.yaml`, about 2 KB of facts;
* `timeline/`, four entries of a P3, six of a P2, nine of a P1;
* `checklist.yaml`, the frozen checklists of its severity: 9, 17 or 97 steps;
* `report.md`, about 2 KB with every section.

Files are written by the program's own writer, so they are as canonical as real ones. `opsbook check --now NOW` finds
nothing in the book; a test holds it to that. It has the few pages that a site needs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks import words
from benchmarks.words import Dice
from opsbook.core import yaml
from opsbook.core.ids import Ids
from opsbook.core.types import write_time
from opsbook.kinds.incident import files
from opsbook.kinds.incident.model import FrozenChecklist, Incident, TimelineEntry
from opsbook.kinds.incident.report import SECTIONS

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
"""The time at which the book is true: nothing in it is later, and nothing is overdue."""

PAGES = ("security-breach", "incident-process/index", "help/index", "change/index")
"""Pages of `docs/` that every site links to."""
SITE = """\
site_name: Generated book
nav:
  - Home: index.md
  - Incidents: incidents/index.md
  - Runbooks: runbooks/index.md
  - Services: services/index.md
"""

CONFIG = Path(__file__).with_name("opsbook.yml")
YEARS = timedelta(days=5 * 365)
SETTLED = timedelta(days=30)
"""How long ago the latest closed incident was declared."""
OPEN = 3
"""How many incidents are open."""

CHECKLISTS = {"lead": 9, "comms": 8, "respond": 80}
"""Runbooks that severities call for, and the steps of their checklists."""
OF_SEVERITY = {"P1": ("lead", "comms", "respond"), "P2": ("lead", "comms"), "P3": ("lead",)}
MIX = ("P3", "P2", "P3", "P3", "P2", "P3", "P1", "P3", "P2", "P3")


@dataclass(frozen=True)
class Size:
    """How many records of each kind there are, and the files and bytes that they have."""

    services: int
    runbooks: int
    incidents: int
    files: int = 0
    bytes: int = 0

    @property
    def records(self) -> int:
        """All of them."""
        return self.services + self.runbooks + self.incidents


def sizes(records: int) -> Size:
    """How a number of records (24 at least) is shared out among the kinds."""
    if records < 24:
        raise ValueError("a generated book has at least 24 records")
    services, runbooks = max(8, records // 50), max(8, records * 3 // 100)
    return Size(services, runbooks, records - services - runbooks)


def write(folder: Path, records: int) -> Size:
    """Write a book into a new folder; returns its size."""
    count = total = 0
    made: set[Path] = set()
    for path, data in book(records):
        target = folder / path
        if target.parent not in made:
            target.parent.mkdir(parents=True)
            made.add(target.parent)
        target.write_bytes(data)
        count, total = count + 1, total + len(data)
    size = sizes(records)
    return Size(size.services, size.runbooks, size.incidents, count, total)


def book(records: int) -> Iterator[tuple[str, bytes]]:
    """Every file of a book: its path and its bytes."""
    size = sizes(records)
    yield "opsbook.yml", CONFIG.read_bytes()
    yield ".gitignore", b"/build/\n"
    yield "mkdocs.yml", SITE.encode()
    for page in PAGES:
        yield f"docs/{page}.md", f"# {page}\n\n{Dice(page).prose(5)}".encode()
    services = [f"service-{index:04}" for index in range(size.services)]
    for index, name in enumerate(services):
        yield f"services/{name}.yaml", _service(index, name, services, _runbook_names(size.runbooks))
    revisions: dict[str, str] = {}
    for index, name in enumerate(_runbook_names(size.runbooks)):
        data = _runbook(index, name, services)
        revisions[name] = hashlib.sha256(data).hexdigest()
        yield f"runbooks/{name}.md", data
    for index in range(size.incidents):
        yield from _incident(index, size.incidents, services, revisions)


def _runbook_names(count: int) -> list[str]:
    others = [f"{words.AREAS[index % len(words.AREAS)]}/runbook-{index:04}" for index in range(count - len(CHECKLISTS))]
    return [*(f"incident-response/{name}" for name in CHECKLISTS), *others]


def _service(index: int, name: str, services: list[str], runbooks: list[str]) -> bytes:
    dice = Dice(name)
    value = {
        "name": name,
        "title": f"Service {index}",
        "description": dice.prose(2),
        "ours": True,
        "owner": dice.one(words.TEAMS),
        "channel": "team",
        "component": dice.one(words.COMPONENTS),
        "health": [{"title": "It answers", "url": f"https://{name}.example/health/ready"}],
        "runbooks": dice.some(runbooks, 2),
        "depends_on": [other for other in dice.some(services, 2) if other != name],
    }
    return yaml.dump(value, schema="../schemas/service.schema.json").encode()


def _runbook(index: int, name: str, services: list[str]) -> bytes:
    dice = Dice(name)
    steps = CHECKLISTS.get(name.rpartition("/")[2], 0)
    front = {
        "title": f"Look after {dice.one(words.THINGS)}, part {index}",
        "owner": dice.one(words.TEAMS),
        "reviewed": f"{NOW - timedelta(days=dice.number(1, 150)):%Y-%m-%d}",
        "services": dice.some(services, 2),
        "goals": [f"I want to know whether {dice.one(words.THINGS)} is well"],
        "symptoms": [f"{dice.one(words.THINGS)} {dice.one(words.TROUBLES)}"],
    }
    lines = [f"---\n{yaml.dump(front)}---\n", f"# {front['title']}\n", "## When to use this\n", dice.prose(2)]
    lines += ["## Steps\n"]
    lines += [f"{number}. {dice.one(words.ACTIONS)}. {dice.one(words.SENTENCES)}" for number in range(1, 6)]
    lines += ["", "## How to know it worked\n", dice.prose(2), "Begin [again](#steps) if it did not.\n"]
    if steps:
        lines += ["## Checklist\n", "| Step | Action | Owner |", "|---|---|---|"]
        lines += [f"| {number} | {action}. | {owner} |" for number, action, owner in _steps(name, steps)]
    return ("\n".join(lines) + "\n").encode()


def _steps(runbook: str, count: int) -> Iterator[tuple[int, str, str]]:
    dice = Dice(f"steps of {runbook}")
    for number in range(1, count + 1):
        yield number, dice.one(words.ACTIONS), dice.one(words.OWNERS)


def _incident(index: int, count: int, services: list[str], revisions: dict[str, str]) -> Iterator[tuple[str, bytes]]:
    dice = Dice(f"incident {index}")
    ids = Ids(hashlib.sha256(f"incident {index}".encode()).digest())
    severity = MIX[index % len(MIX)]
    ahead = count - 1 - index
    declared = NOW - (
        timedelta(minutes=5 * ahead + 10) if ahead < OPEN else SETTLED + (YEARS - SETTLED) * (ahead / count)
    )
    declared = declared.replace(microsecond=0)
    title = f"{dice.one(words.THINGS)} {dice.one(words.TROUBLES)}"
    id_ = ids.record("INC", declared)
    folder = f"incidents/{declared.year}/{id_}-{title.replace(' ', '-')}"
    lead, comms, other = dice.some(words.PEOPLE, 3)
    facts = _facts(id_, title, severity, declared, lead, comms, dice, services, closed=ahead >= OPEN)
    yield files.facts(folder, Incident.model_validate(facts))
    for minutes, by, kind, fields in _timeline(severity, lead, comms, other, dice, closed=ahead >= OPEN):
        value = {"at": declared + timedelta(minutes=minutes), "by": by, "kind": kind, **fields}
        yield files.entry(folder, TimelineEntry.model_validate(value).root, ids)
    yield files.checklist(folder, [FrozenChecklist.model_validate(item) for item in _frozen(severity, revisions)])
    yield f"{folder}/report.md", _report(title, dice)


def _facts(
    id_: str, title: str, severity: str, declared: datetime, lead: str, comms: str, dice: Dice, services: list[str],
    *, closed: bool,
) -> dict[str, Any]:  # fmt: skip
    times = {"started_at": declared - timedelta(minutes=dice.number(1, 30)), "declared_at": declared}
    if closed:
        times["mitigated_at"] = declared + timedelta(minutes=35)
        times["resolved_at"] = declared + timedelta(minutes=45)
        times["reviewed_at"] = declared + timedelta(days=2)
        times["closed_at"] = declared + timedelta(days=3)
    day = f"{declared + timedelta(days=20):%Y-%m-%d}"
    follow_ups = [
        {"title": dice.one(words.ACTIONS), "owner": dice.one(words.PEOPLE), "due": day, "done_at": day}
        for _ in range(3 if closed else 0)
    ]
    links = [
        {"title": "Dashboard (restricted)", "url": f"https://intranet.example/dashboards/{id_.lower()}"},
        {"title": "Release of the day before", "url": f"https://code.example/releases/{dice.number(1000, 9999)}"},
    ]
    return {
        "id": id_,
        "title": title,
        "classification": "operational",
        "severity": severity,
        "status": "closed" if closed else "investigating",
        "declared_by": lead,
        "times": {name: write_time(moment) for name, moment in times.items()},
        "roles": {"lead": lead, "comms": comms},
        "services": dice.some(services, 2),
        "impact": {
            "user_facing": True,
            "summary": dice.prose(3),
            "components": dice.some(words.COMPONENTS, 2),
        },
        "summary": dice.prose(5),
        "follow_ups": follow_ups,
        "links": links,
    }


def _timeline(
    severity: str, lead: str, comms: str, other: str, dice: Dice, *, closed: bool
) -> Iterator[tuple[int, str, str, dict[str, Any]]]:
    """Minutes after the declaration, who, the kind of entry, and the rest of it; in order."""
    yield 0, lead, "declared", {"text": dice.prose(2)}
    yield 2, lead, "role", {"role": "lead", "person": lead}
    yield 5, lead, "role", {"role": "comms", "person": comms}
    if not closed:
        return
    if severity != "P3":
        yield 9, other, "note", {"text": dice.prose(2)}
        yield 20, comms, "update", {"text": dice.prose(1)}
    if severity == "P1":
        yield 24, other, "step", {"runbook": "incident-response/respond", "step": 1, "outcome": "done"}
        yield 31, lead, "change", {"text": dice.prose(1)}
        yield 45, lead, "status", {"status": "resolved", "text": dice.prose(1)}
    yield 3 * 24 * 60, lead, "status", {"status": "closed"}


def _frozen(severity: str, revisions: dict[str, str]) -> Iterator[dict[str, Any]]:
    for name in OF_SEVERITY[severity]:
        runbook = f"incident-response/{name}"
        yield {
            "runbook": runbook,
            "title": f"Runbook {name}",
            "revision": revisions[runbook],
            "steps": [
                {"step": number, "action": f"{action}.", "owner": owner}
                for number, action, owner in _steps(runbook, CHECKLISTS[name])
            ],
        }


def _report(title: str, dice: Dice) -> bytes:
    sections = "\n".join(f"## {section}\n\n{dice.prose(2)}" for section in SECTIONS)
    return f"# {title}\n\n{sections}".encode()
