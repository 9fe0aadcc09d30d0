"""One service down never silences an incident (design: "The outside world", "Degrade")."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from opsbook.adapters.machine.directory import DirectoryTree
from opsbook.core.announcement import Announcement
from opsbook.core.errors import ForgeError, ForgeFault, ForgeUnknown, Refused
from opsbook.core.ports import Delivery, Forge
from opsbook.core.request import Request
from opsbook.perform import Outcome, performing
from tests.support.desk import clone
from tests.support.knife import Cut, Knife
from tests.support.wired import Chat
from tests.support.world import DECLARE, World, begin


@dataclass
class Faulty:
    """A forge of which one call fails.

    Attributes:
        at: the number of the call, from 1.
        error: what it raises; `ForgeUnknown` may come after the effect.
        late: whether the effect has happened.
        lasting: whether every later call fails too.
    """

    inner: Forge
    at: int
    error: type[ForgeFault]
    late: bool = False
    lasting: bool = False
    calls: list[str] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.inner, name)
        return self._guarded(name, value) if callable(value) else value

    def _guarded(self, name: str, value: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            fails = len(self.calls) == self.at or (self.lasting and len(self.calls) > self.at)
            if fails and not self.late:
                raise self.error("The forge does not answer.", "Wait.")
            result = value(*arguments, **options)
            if fails:
                raise self.error("The forge did not answer.", "Wait.")
            return result

        return call


def run(world: World, request: Request, faulty: Faulty) -> Outcome:
    """A request while the forge fails."""
    with performing(request, replace(world.context(), forge=faulty)) as outcome:
        pass
    return outcome


FAULTS = {
    "refuses once": (ForgeError, False, False),
    "refuses from then on": (ForgeError, False, True),
    "is not heard of once": (ForgeUnknown, False, False),
    "is not heard of once, after it did it": (ForgeUnknown, True, False),
    "is not heard of from then on, after it did it": (ForgeUnknown, True, True),
}

ON_RECORD = ("branches", "main", "said", "intents", "condition")


@pytest.mark.parametrize("name", ["declare", "update"])
@pytest.mark.parametrize("fault", FAULTS)
def test_whichever_call_fails_people_are_told_once_and_reconcile_puts_it_on_record(
    tmp_path: Path, fault: str, name: str
) -> None:
    undisturbed, request = begin(tmp_path / "undisturbed", name)
    undisturbed.run(request)
    wanted = undisturbed.state()
    for at in itertools.count(1):
        world, request = begin(tmp_path / str(at), name)
        error, late, lasting = FAULTS[fault]
        faulty = Faulty(world.context().forge, at, error, late, lasting)
        outcome = run(world, request, faulty)
        if len(faulty.calls) < at:
            break
        where = f"{fault}: {faulty.calls[:at]}"
        assert sorted(world.chat.keys()) == wanted["said"], where
        assert all(told.ok for told in outcome.told), where
        assert all(item.unrecorded == (outcome.exit_code == 4) for _, item in world.chat.said), where
        assert bool(outcome.unpublished) == (outcome.exit_code == 4), where
        assert (outcome.exit_code == 0) == (world.desk.intents() == []), where
        world.clock.later(minutes=1)
        assert world.reconcile().exit_code == 0, where
        found = world.state()
        for part in ON_RECORD:
            assert found[part] == wanted[part], f"{where}: {part}"
        assert found["receipts"].keys() == wanted["receipts"].keys()
        assert all(reference for _, reference in found["receipts"].values())
    assert at > 5


def test_a_note_that_no_book_at_hand_knows_the_incident_of_is_saved_and_published_later(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "note")
    context = replace(world.context(), offline=lambda: DirectoryTree(world.desk.path))
    down = Faulty(context.forge, 1, ForgeError, lasting=True)
    with performing(request, replace(context, forge=down)) as outcome:
        assert outcome.exit_code == 4
    assert world.reconcile().exit_code == 0
    assert "Restarted the pods" in "".join(world.desk.written().values())


def test_the_same_command_during_an_outage_says_nothing_twice(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "declare")
    for _ in range(3):
        world.seed += 1
        outcome = run(world, request, Faulty(world.context().forge, 1, ForgeError, lasting=True))
        assert outcome.exit_code == 4
    assert len(world.chat.said) == 2
    assert len(world.desk.intents()) == 1
    assert world.run(request).exit_code == 0
    assert len(world.chat.said) == 2
    assert len(world.desk.branches()) == 1


@dataclass
class Hoarse(Chat):
    """A chat that answers as it is told to.

    Attributes:
        answers: how the next messages end, in turn; then all is well.
        blind: whether it cannot look for a message.
    """

    answers: list[str] = field(default_factory=list)
    blind: bool = False

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        answer = self.answers.pop(0) if self.answers else "done"
        if answer == "not done":
            return Delivery("not done", error="The chat is down.")
        done = super().send(announcement, key) if answer != "unknown, and lost" else Delivery("done")
        return done if answer == "done" else Delivery("unknown", error="The chat did not answer.")

    def find(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.find`."""
        return Delivery("unknown", error="It keeps no history.") if self.blind else super().find(announcement, key)


def hoarse(root: Path, *answers: str, blind: bool = False) -> World:
    """A world with such a chat, in which a declaration has just been made."""
    world, request = begin(root, "declare")
    world.chat = Hoarse(answers=list(answers), blind=blind)
    outcome = world.run(request)
    assert outcome.exit_code == 5
    assert outcome.branch == world.desk.branch()
    assert [told.ok for told in outcome.told].count(False) == 1
    return world


def test_a_chat_that_is_down_stops_neither_the_record_nor_the_others_and_reconcile_tells_it(tmp_path: Path) -> None:
    world = hoarse(tmp_path / "world", "not done")
    assert len(world.chat.said) == 1
    assert len([name for name in world.desk.outbox() if "/declared" in name]) == 2
    assert world.reconcile().exit_code == 0
    assert len(world.chat.said) == len(set(world.chat.keys())) == 2
    assert world.desk.intents() == []


def test_the_same_command_tells_those_who_were_not_told_and_declares_nothing_new(tmp_path: Path) -> None:
    world = hoarse(tmp_path / "world", "not done")
    world.seed += 1
    assert world.run(DECLARE).exit_code == 0
    assert len(world.chat.said) == 2
    assert len(world.desk.branches()) == 1


@pytest.mark.parametrize(("answer", "blind", "messages", "end"), [
    ("unknown", False, 2, 0),
    ("unknown, and lost", False, 2, 0),
    ("unknown", True, 2, 5),
    ("unknown, and lost", True, 1, 5),
])  # fmt: skip
def test_an_unknown_is_looked_for_after_five_minutes_and_never_repeated_blindly(
    tmp_path: Path, answer: str, blind: bool, messages: int, end: int
) -> None:
    world = hoarse(tmp_path / "world", answer, blind=blind)
    before = len(world.chat.said)
    world.clock.later(minutes=4)
    early = world.reconcile()
    assert (early.exit_code, len(early.waiting)) == (5, 1)
    assert len(world.chat.said) == before
    world.clock.later(minutes=2)
    assert world.reconcile().exit_code == end
    world.clock.later(minutes=6)
    assert world.reconcile().exit_code == end
    assert len(world.chat.said) == len(set(world.chat.keys())) == messages


def test_what_nobody_knows_is_not_said_again_when_the_command_tells_the_others(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "declare")
    world.chat = Hoarse(answers=["unknown, and lost", "not done"])
    assert world.run(request).exit_code == 5
    world.seed += 1
    world.clock.later(minutes=1)
    assert world.run(request).exit_code == 5
    assert len(world.chat.said) == 1
    world.clock.later(minutes=10)
    assert world.reconcile().exit_code == 0
    assert len(world.chat.said) == len(set(world.chat.keys())) == 2


def test_a_machine_that_cannot_reach_the_remote_says_nothing_in_the_place_of_others(tmp_path: Path) -> None:
    world, request = begin(tmp_path / "world", "declare", share=True)
    cut = Knife()
    begin(tmp_path / "probe", "declare", share=True)[0].run(request, cut)
    with pytest.raises(Cut):
        world.run(request, Knife(cut.names.index("outbox") + 1))
    other = clone(world.remote.path, tmp_path / "other")
    other.git("remote", "set-url", "origin", str(tmp_path / "nowhere"))
    assert world.reconcile(other).exit_code == 4
    assert world.chat.said == []
    other.git("remote", "set-url", "origin", str(world.remote.path))
    world.clock.later(minutes=6)
    assert world.reconcile(other).exit_code == 0
    assert len(world.chat.said) == 2


@pytest.mark.parametrize("name", ["declare", "note", "update"])
@pytest.mark.parametrize("is_up", [True, False])
def test_the_clock_of_a_rehearsal_writes_nothing_else(tmp_path: Path, name: str, *, is_up: bool) -> None:
    world, request = begin(tmp_path / "world", name)
    before, context = world.state(), replace(world.context(), rehearses=True)
    if not is_up:
        context = replace(context, forge=Faulty(context.forge, 1, ForgeError, lasting=True))
    with pytest.raises(Refused, match="is no drill"), performing(request, context):
        pass
    assert world.state() == before
