"""Where a page repeats what `opsbook.yml` or a service says, because readers need it there, the two agree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
CONFIG: dict[str, Any] = yaml.load((ROOT / "opsbook.yml").read_text(encoding="utf-8"), yaml.BaseLoader)
"""Every scalar is text with this loader, as it is written."""

IN_WORDS = {"m": "minutes", "h": "hours", "d": "days"}


def page(path: str) -> str:
    """The text of a page."""
    return (ROOT / path).read_text(encoding="utf-8")


def rows(path: str, first: str) -> Iterator[list[str]]:
    """The rows of every table of a page whose first heading is `first`."""
    inside = False
    for line in page(path).splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.lstrip().startswith("|"):
            inside = False
        elif cells[0] == first:
            inside = True
        elif inside and set(cells[0]) != {"-"}:
            yield cells


def words(duration: str) -> str:
    """`15m` as a page says it: 15 minutes."""
    return f"{duration[:-1]} {IN_WORDS[duration[-1]]}"


def test_the_page_of_the_incident_process_tells_the_severities() -> None:
    """Meaning, deadlines and cadence are those of the configuration, in its order."""
    told = list(rows("docs/incident-process/index.md", "Severity"))
    expected = []
    for severity in CONFIG["incidents"]["severities"]:
        every = severity.get("update_every")
        pace = "when something changes" if every is None else "every " + re.sub(r"^1 (\w+)s$", r"\1", words(every))
        name = f"{severity['id']} {severity['title']}"
        expected.append(
            [name, severity["meaning"], words(severity["lead_within"]), words(severity["comms_within"]), pace]
        )
    assert told == expected


def test_the_page_about_resolving_tells_every_category_of_every_queue() -> None:
    """Title, meaning and examples; the categories of all queues first, then those of one queue."""
    told = list(rows("docs/help/resolving-requests.md", "Category"))
    categories = CONFIG["help"]["categories"]
    ordered = [c for c in categories if "queues" not in c] + [c for c in categories if "queues" in c]
    assert told == [[c["title"], c["meaning"], c.get("examples", "")] for c in ordered]


def test_the_page_about_getting_help_tells_every_queue() -> None:
    """Title and channel; the page words the condition for its readers."""
    told = [(title, channel) for title, _, channel in rows("docs/help/index.md", "Choose")]
    names = {channel["id"]: channel["name"] for channel in CONFIG["channels"]}
    assert told == [(queue["title"], f"`{names[queue['channel']]}`") for queue in CONFIG["help"]["queues"]]


def test_the_runbook_on_escalation_tells_the_order() -> None:
    """The posts of the escalation order come in that order."""
    titles = {role["id"]: role["title"].lower() for role in CONFIG["roles"]}
    order = [titles[step["role"]] for step in CONFIG["incidents"]["escalation"]]
    told = re.findall(
        r"^\d+\. .*?\*\*(.*?)\*\*", page("runbooks/incident-response/escalate-an-incident.md"), re.MULTILINE
    )
    assert told == order


def test_the_page_about_publishing_tells_who_decides() -> None:
    """The roles of the publication rule."""
    titles = {role["id"]: role["title"].lower() for role in CONFIG["roles"]}
    text = page("docs/incident-process/publishing.md")
    told = re.findall(r"^- (.*)$", text.split("## Decide")[1].split("\n## ")[0], re.MULTILINE)
    assert told == [titles[role] for role in CONFIG["incidents"]["publication"]["roles"]]


def test_the_page_about_checklists_tells_which_come_with_a_severity() -> None:
    """The decision lists as many checklists as the configuration copies."""
    told = {row[0]: row[1] for row in rows("docs/decisions/three-checklists-in-a-p1.md", "Severity")}
    names = {
        "lead-an-incident": "lead",
        "run-incident-comms": "comms",
        "respond-to-an-incident": "80 component checks",
    }
    for severity in CONFIG["incidents"]["severities"]:
        called = {names[ref.split("/")[1]] for ref in severity["checklists"]}
        assert {name for name in names.values() if name in told[severity["id"]]} == called


@pytest.mark.parametrize("path", ["docs/help/index.md"])
def test_every_status_page_of_a_supplier_is_that_of_a_service(path: str) -> None:
    """A page links to the addresses that the catalogue has."""
    known = {
        yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader).get("status_page")
        for file in (ROOT / "services").glob("*.yaml")
    }
    known.add(CONFIG["site"]["status_page"]["url"])
    assert set(re.findall(r"\]\((https://[^)]+)\)", page(path))) <= known


def test_the_checklist_of_the_response_has_eighty_rows_that_five_owners_share() -> None:
    """Seed document 001: component N, owners in turn."""
    owners = ["oncall", "security", "platform", "support", "ops"]
    told = list(rows("runbooks/incident-response/respond-to-an-incident.md", "Step"))
    assert told == [[str(n), f"Validate component {n} and collect logs.", owners[(n - 1) % 5]] for n in range(1, 81)]
