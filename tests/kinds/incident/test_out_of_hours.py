"""Out of hours whoever is on the rota for it tells everybody else, where nobody was named for it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from opsbook.core.book import Book
from opsbook.core.ids import Ids
from opsbook.core.plan import Plan
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.kinds.incident.declare import declare
from opsbook.kinds.incident.requests import Declare
from tests.support.small_book import FILES

HOURS = (
    "hours:\n  days: [mon, tue, wed, thu, fri]\n  starts: '09:00'\n  ends: '17:00'\nincidents:\n  comms_rota: on-call\n"
)
NIGHT = datetime(2026, 1, 13, 2, 30, tzinfo=UTC)  # the second turn: oncall-b
DAY = datetime(2026, 1, 13, 10, 30, tzinfo=UTC)


def declared(at: datetime, config: str = HOURS, rotas: str = "rotas:\n", **said: str) -> Plan:
    text = FILES["opsbook.yml"].replace("incidents:\n", config).replace("rotas:\n", rotas)
    request = Declare(by="oncall-a", title="Login fails", severity="P1", **said)
    of = Book(MemoryTree({**FILES, "opsbook.yml": text}), registry())
    return declare(of, request, at, Ids(b"0" * 32), "0" * 20)


def comms(plan: Plan) -> str:
    return dict(plan.summary)["Comms"]


def test_at_night_it_is_whoever_is_on_the_rota_and_that_is_said() -> None:
    plan = declared(NIGHT)
    assert comms(plan) == "oncall-b (on the on-call rota)"
    assert plan.understood == ("Comms: oncall-b (on the on-call rota)",)
    facts = (plan.files[f"{plan.path}/incident.yaml"] or b"").decode()
    assert "comms: oncall-b" in facts
    entries = [data or b"" for path, data in plan.files.items() if "/timeline/" in path]
    assert any(b"role: comms" in entry and b"by: oncall-a" in entry for entry in entries)


@pytest.mark.parametrize(
    ("at", "config", "said"),
    [
        (DAY, HOURS, {}),
        (NIGHT, HOURS, {"lead": "oncall-b"}),
        (NIGHT, HOURS.replace("comms_rota: on-call\n", "review: {}\n"), {}),
        (NIGHT, "incidents:\n  comms_rota: on-call\n", {}),
        (datetime(2025, 12, 1, tzinfo=UTC), HOURS, {}),
    ],
    ids=["at work", "whoever leads has no time", "no rota for it", "hours are not known", "a gap"],
)
def test_otherwise_nothing_is_assumed(at: datetime, config: str, said: dict[str, str]) -> None:
    plan = declared(at, config, **said)
    assert comms(plan) == "not named yet"
    assert plan.understood == ()


def test_whoever_is_named_is_named() -> None:
    assert comms(declared(NIGHT, comms="oncall-a")) == "oncall-a"


def test_a_rota_that_cannot_be_seen_names_nobody_and_says_so() -> None:
    away = "rotas:\n  - {id: away, title: Away, ical: file}\n"
    plan = declared(NIGHT, HOURS.replace("on-call", "away"), away)
    assert comms(plan) == "not named: who is on the away rota could not be seen"
    assert plan.understood == ("Comms: not named: who is on the away rota could not be seen",)
