"""GitHub fails while an alert is taken, at every call and in every way; the alert is sent again, as alerts are.

What is on GitHub and what was said must be what an undisturbed run leaves: one incident, told once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsbook.core.book import Book
from opsbook.core.errors import OpsbookError
from opsbook.core.openbook import lay_open
from opsbook.core.request import Request
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.kinds.incident.alerts.following import IncidentAlerts
from opsbook.perform import Outcome
from opsbook.perform.alerting import take
from opsbook.perform.saved import lay
from tests.adapters.github.test_forge_failures import WAYS, Run, cells
from tests.github_server.faults import Fault
from tests.support.alerts import alert, alertmanager, stream
from tests.support.github import TOKEN
from tests.support.small_book import FILES
from tests.support.sweeps import GITHUB, Sweep, leaks

INTAKE = IncidentAlerts()
STREAM = stream([alertmanager(alert("k1", service="checkout"))])


class Delivered(Run):
    """One machine, one GitHub, and an alert that is delivered while GitHub fails, and then again."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "declare")

    def perform(self, request: Request, *, seed: int, **limits: Any) -> Outcome:
        """See `Run.perform`: the request is what the alert asks for."""
        machine = self._office(seed=seed, **limits)
        try:
            tree = lay_open(MemoryTree(FILES), machine.forge, registry())
        except OpsbookError:
            tree = MemoryTree(FILES)
        book = lay(Book(tree, registry()), machine.context.intents.saved(), registry()).book
        events, bad = INTAKE.read(STREAM, None, self.clock.now())
        assert bad == []
        ends = [outcome for _, _, outcome in take(events, INTAKE, book, machine.context)]
        assert all(isinstance(outcome, Outcome) for outcome in ends)
        return ends[0] if ends else Outcome()  # type: ignore[return-value]

    def problems(self, outcome: Outcome) -> list[str]:
        """See `Run.problems`: first the alert comes again."""
        self.clock.later(minutes=10)
        self.perform(self._request, seed=8)
        return super().problems(outcome)


def test_an_undisturbed_delivery_and_its_repeat_make_one_incident(tmp_path: Path) -> None:
    run = Delivered(tmp_path)
    outcome = run.go(None)
    assert outcome.exit_code == 0
    assert run.problems(outcome) == []
    run.close()


@pytest.mark.parametrize(("kind", "when"), WAYS, ids=lambda word: word.replace(" ", "-"))
def test_an_alert_that_is_sent_again_makes_one_incident(
    tmp_path: Path, kind: str, when: str, sweep: Sweep, overheard: Callable[[], str]
) -> None:
    wrong = {}
    places = cells("declare", kind, when)[::6]
    for times, skip in places:
        folder = tmp_path / f"{times}-{skip}"
        folder.mkdir()
        run = Delivered(folder)
        outcome = run.go(Fault("*", kind, when, times, skip))  # type: ignore[arg-type]
        errors = [outcome.unpublished, outcome.unreceipted, *(told.error for told in outcome.told)]
        found = run.problems(outcome)
        run.close()
        found += leaks("\n".join([*errors, *found, overheard()]), TOKEN, "Checkout fails")
        if found:
            wrong[times, skip] = found
    assert wrong == {}
    sweep(GITHUB, len(places))
