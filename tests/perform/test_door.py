"""The door: one way in, whatever happens at the same time, and an intent for everything that is not finished."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from opsbook.core.errors import ForgeError, LostRace, Refused
from opsbook.core.ports import Commit, Forge, Head, Published, Receipt
from opsbook.core.request import Request
from opsbook.perform import pending, performing, preview, reconcile
from tests.support.knife import Cut, Knife
from tests.support.requests import ask, other
from tests.support.wired import dice
from tests.support.world import World, begin, fork


@dataclass
class Racing:
    """A forge in which somebody else is faster a number of times."""

    inner: Forge
    losses: int

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def publish(self, expected: Head, commit: Commit, claims: Sequence[Receipt] = ()) -> Published:
        """See `Forge.publish`."""
        if self.losses:
            self.losses -= 1
            raise LostRace("Somebody was faster.")
        return self.inner.publish(expected, commit, claims)


def test_a_lost_race_is_run_again_on_what_the_winner_left(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "note")
    context = world.context()
    with performing(request, replace(context, forge=Racing(context.forge, 20))) as outcome:
        assert outcome.exit_code == 0
    assert len(world.desk.commits(world.desk.branch())) == 2


def test_somebody_who_loses_every_race_is_saved_and_not_lost(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "note")
    context = world.context()
    with performing(request, replace(context, forge=Racing(context.forge, 10_000))) as outcome:
        assert outcome.exit_code == 4
    assert len(world.desk.intents()) == 1
    assert world.reconcile().exit_code == 0
    assert len(world.desk.commits(world.desk.branch())) == 2


def occupy(world: World, record: str) -> str:
    """Somebody else has an open branch of this name; where it ends."""
    world.desk.git("switch", "--quiet", "--create", f"opsbook/{record}", "main")
    world.desk.commit({f"incidents/2026/{record}-theirs/report.md": "# Theirs\n"}, "Theirs")
    world.desk.git("switch", "--quiet", "main")
    return world.desk.git("rev-parse", f"opsbook/{record}")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_an_id_that_somebody_has_is_drawn_again_and_their_branch_is_left_alone(tmp_path: Path, times: int) -> None:
    world, request = begin(tmp_path / "world", "declare")
    theirs = {}
    for number in range(times):
        twin = fork(world, tmp_path / f"twin-{number}")
        record = twin.run(request).id
        theirs[record] = occupy(world, record)
    assert len(theirs) == times
    mine = world.run(request).id
    assert mine not in theirs
    assert len(world.desk.commits(f"opsbook/{mine}")) == 1
    for record, end in theirs.items():
        assert world.desk.git("rev-parse", f"opsbook/{record}") == end
    assert len(world.chat.said) == 2


def test_a_preview_is_what_is_written_then_and_writes_nothing_itself(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "declare")
    before = world.state()
    plan = preview(request, world.context())
    assert world.state() == before
    outcome = world.run(request)
    assert (outcome.id, outcome.path, outcome.branch, outcome.summary) == (
        plan.record, plan.path, plan.branch, plan.summary,
    )  # fmt: skip


def test_what_is_refused_leaves_no_intent_and_says_nothing(tmp_path: Path) -> None:
    world, _ = begin(tmp_path / "world", "declare")
    before = world.state()
    for values in (
        {},
        {"title": "x"},
        {"title": "x", "severity": "P9"},
        {"title": "x", "severity": "P1", "lead": "nobody"},
    ):
        with pytest.raises(Refused):
            world.run(ask("incident.declare", "oncall-a", values))
    assert world.state() == before


def test_the_stub_of_a_security_incident_is_by_nobody_and_everything_else_by_who_acted(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "declare")
    for values, author in ((request.values, "oncall-a"), ({"security": True}, "Opsbook")):
        world.seed += 1
        branch = world.run(other(request, values=values)).branch
        assert world.desk.git("log", "-1", "--format=%an", branch).strip() == author


def cut_off(world: World, request: Request, before: str = "publish") -> None:
    """Begin a request in a process that ends before an effect."""
    probe = Knife()
    fork(world, world.desk.path.parent.with_name("probe")).run(request, probe)
    with pytest.raises(Cut):
        world.run(request, Knife(probe.names.index(before) + 1))


def test_the_same_words_of_somebody_else_are_another_request(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "declare")
    cut_off(world, request)
    world.seed += 1
    world.run(other(request, by="oncall-b"))
    assert len(world.desk.intents()) == 1
    assert world.reconcile().exit_code == 0
    assert len(world.desk.branches()) == 2


def test_reconcile_finishes_two_equal_requests_as_two(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "note")
    first, second = world.context(), replace(world.context(), seed=dice(50))
    with (
        first.intents.hold(request, first.now(), first.seed()),
        second.intents.hold(request, second.now(), second.seed()),
    ):
        pass
    assert len(pending(world.context())) == 2
    done = world.reconcile()
    assert (done.exit_code, len(done.resumed)) == (0, 2)
    assert len(world.desk.commits(world.desk.branch())) == 3
    assert world.desk.intents() == []


def test_reconcile_finishes_the_others_although_one_cannot_be_done_any_more(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "update")
    stale = other(request, values={**request.values, "severity": "P3", "seen": {"severity": "P1"}})
    world.run(other(request, by="oncall-b", values={"severity": "P2", "seen": {"severity": "P1"}}))
    note = ask("incident.note", "oncall-b", {"text": "Meanwhile"}, request.record)
    for saved in (stale, note):
        world.seed += 1
        context = world.context()
        with context.intents.hold(saved, context.now(), context.seed()):
            pass
    done = world.reconcile()
    assert done.exit_code == 1
    assert len(done.resumed) == 1
    (reason,) = done.refused
    assert "oncall-b changed it" in reason
    assert "“P2”" in reason
    assert "“P3”" in reason
    assert world.desk.intents() == []
    assert world.reconcile().exit_code == 0


def test_an_update_that_was_cut_off_is_known_again_although_the_facts_are_others_now(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "update")
    seen = {"status": "investigating", "comms": None}
    cut_off(world, other(request, values={**request.values, "seen": seen}), before="outbox")
    world.seed += 1
    now = {"status": "identified", "comms": "oncall-a"}
    assert world.run(other(request, values={**request.values, "seen": now})).exit_code == 0
    assert len(world.chat.said) == 4
    assert len(world.desk.commits(world.desk.branch())) == 2


def test_reconcile_says_what_it_could_not_ask(tmp_path: Path) -> None:
    world, _ = begin(tmp_path / "world", "declare")
    world.desk.git("branch", "--move", "main", "trunk")
    done = reconcile(world.context())
    assert done.exit_code == 4
    assert any("main" in problem for problem in done.problems)


def test_tidying_deletes_a_branch_that_main_holds_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "note")
    world.run(request)
    branch = world.desk.branch()
    world.desk.git("merge", "--quiet", "--squash", branch)
    world.desk.git("commit", "--quiet", "-m", "Merge by squashing")
    said = len(world.chat.said)
    world.clock.later(hours=1)
    done = world.reconcile()
    assert (done.exit_code, list(done.tidied)) == (0, [branch])
    assert len(world.chat.said) == said


def test_a_forge_that_fails_while_it_is_asked_for_receipts_loses_none(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "declare")

    @dataclass
    class Forgetful:
        inner: Forge
        fails: bool = True

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def receipt(self, references: dict[str, str]) -> None:
            if self.fails:
                raise ForgeError("The disk is full.")
            self.inner.receipt(references)

    context = world.context()
    with performing(request, replace(context, forge=Forgetful(context.forge))) as outcome:
        assert outcome.exit_code == 5
        assert all(told.ok for told in outcome.told)
        assert outcome.unreceipted == "The disk is full."
    assert world.reconcile().exit_code == 0
    assert len(world.chat.said) == 2
    assert all(receipt["reference"] for receipt in world.desk.receipts().values())
