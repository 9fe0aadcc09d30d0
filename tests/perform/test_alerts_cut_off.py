"""A run that takes alerts is cut off before any effect, and they are delivered again: nothing is lost, nothing is twice."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from opsbook.core.book import Book
from opsbook.core.context import Context
from opsbook.kinds import registry
from opsbook.kinds.incident.alerts.following import IncidentAlerts
from opsbook.kinds.incident.model import AlertChange
from opsbook.kinds.incident.view import IncidentView
from opsbook.perform.alerting import take
from opsbook.perform.saved import lay
from tests.support.alerts import alert, alertmanager, stream
from tests.support.clock import Clock
from tests.support.desk import Desk
from tests.support.knife import Cut, CutRepository, Knife, sharpen
from tests.support.sweeps import CUT_ALERTS, Sweep
from tests.support.world import World, delivered, template

INTAKE = IncidentAlerts()
LATER = datetime(2026, 11, 21, 12, tzinfo=UTC)
STREAM = stream([alertmanager(alert("k1", service="checkout")), alertmanager(alert("k1", ended=30))])


def seen(context: Context) -> Book:
    """What the command sees: main, open branches, and what is saved here."""
    book = Book(context.offline(), registry())
    return lay(book, context.intents.saved(), registry()).book


def deliver(world: World, knife: Knife | None = None) -> None:
    """One delivery of the whole stream, by a process of its own."""
    knife = knife or Knife()
    context = sharpen(world.context(repository=CutRepository(world.desk.path, knife)), knife)
    events, bad = INTAKE.read(STREAM, None, world.clock.now())
    assert bad == []
    for _ in take(events, INTAKE, seen(context), context):
        knife.before("print")


def state(world: World) -> dict[str, Any]:
    """What people have in the end."""
    context = world.context()
    book = Book(context.offline(), registry())
    views = [IncidentView(book.record(ref)) for ref in book.refs("incident").values()]
    return {
        "entries": [sorted(entry.alert.state for _, entry in view.timeline.of(AlertChange)) for view in views],
        "said": sorted(key.partition("/")[2].rpartition("-")[0] for key, _ in world.chat.said),
        "receipts": sorted(bool(reference) for _, reference in delivered(world.desk).values()),
        "intents": world.desk.intents(),
    }


def begin(folder: Path) -> World:
    """A clone without an incident, after the alert."""
    shutil.copytree(template(share=False, declared=False), folder, symlinks=True)
    return World(Desk(folder / "desk"), clock=Clock(LATER))


def test_whatever_it_was_cut_off_before_it_ends_as_if_undisturbed(tmp_path: Path, sweep: Sweep) -> None:
    whole, world = Knife(), begin(tmp_path / "whole")
    deliver(world, whole)
    wanted = state(world)
    assert wanted["entries"] == [["firing", "resolved"]]
    deliver(world)
    assert state(world) == wanted
    cells: Sequence[int] = range(1, len(whole.names) + 1)
    for at in cells:
        world = begin(tmp_path / str(at))
        with pytest.raises(Cut):
            deliver(world, Knife(at))
        world.clock.later(minutes=10)
        deliver(world)
        world.clock.later(minutes=10)
        assert world.reconcile().exit_code == 0
        deliver(world)
        assert state(world) == wanted, f"cut off before effect {at}, {whole.names[at - 1]}"
        shutil.rmtree(tmp_path / str(at))
    sweep(CUT_ALERTS, len(cells))
