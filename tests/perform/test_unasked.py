"""What somebody changes by hand is said once it is on main, and what is due comes to mind: each thing once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from opsbook.adapters.git.forge import GitForge
from opsbook.core.announcement import Announcement
from opsbook.core.book import Book
from opsbook.core.openbook import lay_open
from opsbook.core.ports import Delivery, Landed, Receipt
from opsbook.kinds import registry
from opsbook.perform import Reconciled, Said, announce_landed, reconcile, remind, unsaid
from tests.support.desk import Desk, clone, make_remote
from tests.support.knife import Cut, Knife, sharpen
from tests.support.requests import other
from tests.support.wired import Chat
from tests.support.world import DECLARE, World, fork

HAND = "INC-20261121-HANDY"
BY_HAND = f"""\
id: {HAND}
title: Mail is late
classification: operational
severity: P2
status: investigating
declared_by: oncall-a
times:
  declared_at: 2026-11-21T09:00:00Z
services:
- checkout
"""
FACTS = f"incidents/2026/{HAND}-mail-is-late/incident.yaml"

QUIET = BY_HAND.replace("P2", "P3").replace("services:", "roles:\n  lead: oncall-a\n  comms: oncall-b\nservices:")
"""An incident of which nothing is due but a word."""

Merge = Callable[[Desk, str], None]


def merge_commit(desk: Desk, branch: str) -> None:
    """As the button "Create a merge commit"."""
    desk.git("merge", "--quiet", "--no-ff", "--no-edit", desk.tip(branch))


def squash(desk: Desk, branch: str) -> None:
    """As the button "Squash and merge"."""
    desk.git("merge", "--quiet", "--squash", desk.tip(branch))
    desk.git("commit", "--quiet", "-m", "Squashed")


def rebase(desk: Desk, branch: str) -> None:
    """As the button "Rebase and merge"."""
    desk.git("switch", "--quiet", branch)
    desk.git("rebase", "--quiet", "--force-rebase", "main")
    desk.git("switch", "--quiet", "main")
    desk.git("merge", "--quiet", "--ff-only", branch)


MERGES = [merge_commit, squash, rebase]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A clone that pushes to its remote."""
    make_remote(tmp_path / "remote")
    return World(clone(tmp_path / "remote", tmp_path / "desk"), share=True)


def say(world: World, since: str, desk: Desk | None = None, knife: Knife | None = None) -> Said:
    """`announce --since` in a clone."""
    context = world.context(desk)
    forge = context.forge
    assert isinstance(forge, GitForge)
    steps = forge.landed(since)
    said = Said()
    for one in announce_landed(steps, sharpen(context, knife or Knife())):
        said += one
    return said


def edit(desk: Desk, old: str, new: str, path: str = FACTS) -> None:
    """Edit a file on main by hand."""
    text = (desk.path / path).read_text()
    assert old in text
    desk.commit({path: text.replace(old, new, 1)}, "By hand")


def facts_of(desk: Desk, record: str) -> str:
    """Where the facts of a record lie."""
    (found,) = [path for path in desk.files("HEAD", "incidents/") if record in path and path.endswith("incident.yaml")]
    return found


def headlines(world: World, audience: str = "incident") -> list[str]:
    """What one audience was told, in order."""
    return [item.headline for _, item in world.chat.said if item.audience == audience]


@pytest.mark.parametrize("merge", MERGES)
def test_what_a_command_has_said_is_not_said_again_after_the_merge(world: World, merge: Merge) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    done = world.run(DECLARE)
    before = len(world.chat.said)
    assert before == 2
    merge(world.desk, done.branch)
    assert say(world, since).told == ()
    assert len(world.chat.said) == before


@pytest.mark.parametrize("merge", MERGES)
def test_what_an_editor_changes_in_the_pull_request_is_said_after_the_merge_and_once(
    world: World, merge: Merge, tmp_path: Path
) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    done = world.run(DECLARE)
    world.desk.git("switch", "--quiet", done.branch)
    edit(world.desk, "severity: P1", "severity: P2", facts_of(world.desk, done.id))
    world.desk.git("switch", "--quiet", "main")
    world.clock.later(minutes=6)
    assert world.reconcile().exit_code == 0
    assert headlines(world) == ["P1 incident: Checkout is down"]
    merge(world.desk, done.branch)
    world.desk.git("push", "--quiet", "origin", "main")
    assert [told.headline for told in say(world, since).told] == ["Now P2: Checkout is down"] * 4
    elsewhere = clone(world.remote.path, tmp_path / "elsewhere")
    assert say(world, since, elsewhere).told == ()
    assert say(world, since).told == ()
    assert headlines(world) == ["P1 incident: Checkout is down", "Now P2: Checkout is down"]


def test_an_incident_that_was_written_by_hand_is_told_like_every_other_one(world: World) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    world.desk.commit({FACTS: BY_HAND}, "By hand")
    edit(world.desk, "severity: P2", "severity: P1")
    edit(world.desk, "status: investigating", "status: monitoring")
    say(world, since)
    assert headlines(world) == ["P2 incident: Mail is late", "Now P1: Mail is late", "Monitoring: Mail is late"]
    assert headlines(world, "team") == headlines(world)
    assert say(world, "HEAD~3").told == ()


def test_a_fact_that_is_edited_to_and_fro_is_news_each_time(world: World) -> None:
    world.desk.commit({FACTS: BY_HAND}, "By hand")
    since = world.desk.git("rev-parse", "main").strip()
    for old, new in (("P2", "P1"), ("P1", "P2"), ("P2", "P1")):
        edit(world.desk, f"severity: {old}", f"severity: {new}")
        say(world, since)
    assert [line[:6] for line in headlines(world)] == ["Now P1", "Now P2", "Now P1"]


def test_only_what_came_since_is_said(world: World) -> None:
    world.desk.commit({FACTS: BY_HAND}, "By hand")
    since = world.desk.git("rev-parse", "main").strip()
    edit(world.desk, "severity: P2", "severity: P1")
    say(world, since)
    assert headlines(world) == ["Now P1: Mail is late"]


def test_a_step_that_touches_no_record_is_not_even_read(world: World) -> None:
    nowhere = Landed(
        "0" * 40, ("docs/index.md", "opsbook.yml", "incidents", "elsewhere/INC-20261121-7KQ4M/incident.yaml")
    )
    assert [said for said in announce_landed([nowhere], world.context()) if said != Said()] == []


def test_an_incident_that_is_over_when_it_first_appears_is_history_and_not_news(world: World) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    world.desk.commit({FACTS: BY_HAND.replace("investigating", "resolved")}, "Write down what was")
    assert say(world, since).told == ()


def test_nothing_is_said_of_a_record_that_cannot_be_read_or_is_gone(world: World) -> None:
    world.desk.commit({FACTS: BY_HAND}, "By hand")
    since = world.desk.git("rev-parse", "main").strip()
    edit(world.desk, "severity: P2", "severity: [")
    world.desk.git("rm", "--quiet", FACTS)
    world.desk.git("commit", "--quiet", "-m", "Remove it")
    assert say(world, since).told == ()


def test_what_would_be_said_is_shown_without_being_said_or_claimed(world: World) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    world.desk.commit({FACTS: BY_HAND}, "By hand")
    context = world.context()
    assert isinstance(context.forge, GitForge)
    steps = context.forge.landed(since)
    assert [item.audience for item in unsaid(steps, context)] == ["incident", "team"]
    assert world.chat.said == []
    say(world, since)
    assert unsaid(steps, context) == []


def test_a_run_that_is_cut_off_anywhere_is_finished_on_another_machine(world: World, tmp_path: Path) -> None:
    whole = Knife()
    since = world.desk.git("rev-parse", "main").strip()
    world.desk.commit({FACTS: BY_HAND}, "By hand")
    world.desk.git("push", "--quiet", "origin", "main")
    assert say(world, since, knife=whole).exit_code == 0
    assert len(whole.names) >= 4
    for cut, effect in enumerate(whole.names, 1):
        edit(world.desk, *(("severity: P2", "severity: P1") if cut % 2 else ("severity: P1", "severity: P2")))
        world.desk.git("push", "--quiet", "origin", "main")
        before = len(world.chat.said)
        with pytest.raises(Cut):
            say(world, "HEAD~1", knife=Knife(cut))
        world.clock.later(minutes=6)
        other = clone(world.remote.path, tmp_path / f"other-{cut}")
        assert world.reconcile(other).exit_code == 0, effect
        say(world, "HEAD~1", other)
        assert len(world.chat.said) == before + 2, effect
        assert world.reconcile(other).exit_code == 0, effect


@dataclass
class Busy(Chat):
    """A chat during whose first message somebody else does something."""

    meanwhile: list[Callable[[], object]] = field(default_factory=list)

    def send(self, announcement: Announcement, key: str) -> Delivery:
        """See `Sink.send`."""
        if self.meanwhile:
            self.meanwhile.pop()()
        return super().send(announcement, key)


@pytest.mark.parametrize("other", ["announce", "reconcile", "declare"])
def test_while_one_speaks_another_says_nothing_of_the_same(world: World, tmp_path: Path, other: str) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    world.desk.commit({FACTS: BY_HAND}, "By hand")
    world.desk.git("push", "--quiet", "origin", "main")
    second = World(clone(world.remote.path, tmp_path / "second"), share=True, clock=world.clock, seed=5)
    busy = Busy()
    world.chat = second.chat = busy
    does = {
        "announce": lambda: say(second, since),
        "reconcile": second.reconcile,
        "declare": lambda: second.run(DECLARE),
    }
    busy.meanwhile.append(does[other])
    assert say(world, since).exit_code == 0
    keys = [key for key, _ in busy.said if key.startswith(HAND)]
    assert len(keys) == len(set(keys)) == 2
    assert busy.meanwhile == []


@pytest.mark.parametrize("merge", MERGES)
def test_a_declaration_that_was_cut_off_does_not_say_what_an_editor_changed_before_it_went_on(
    world: World, merge: Merge, tmp_path: Path
) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    probe = Knife()
    fork(world, tmp_path.with_name(f"{tmp_path.name}-probe")).run(DECLARE, probe)
    with pytest.raises(Cut):  # it is published, and nobody was told
        world.run(DECLARE, Knife(probe.names.index("outbox") + 1))
    branch = world.desk.branch()
    world.desk.git("switch", "--quiet", branch)
    edit(world.desk, "severity: P1", "severity: P2", facts_of(world.desk, branch.removeprefix("opsbook/")))
    world.desk.git("switch", "--quiet", "main")
    merge(world.desk, branch)
    world.desk.git("push", "--quiet", "origin", "main")
    assert world.reconcile().exit_code == 0
    say(world, since)
    opened, *later = headlines(world)
    assert opened.endswith(" incident: Checkout is down")
    assert later == ["Now P2: Checkout is down"]


def test_what_was_said_is_not_looked_for_again_however_old_it_is(world: World) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    world.desk.commit({FACTS: BY_HAND}, "By hand")
    say(world, since)
    world.clock.later(minutes=6)
    assert say(world, since).told == ()


def test_what_a_command_was_cut_off_with_is_left_to_the_command_and_to_reconcile(world: World) -> None:
    since = world.desk.git("rev-parse", "main").strip()
    for at in count(11):
        knife = Knife(at)
        with pytest.raises(Cut):
            world.run(DECLARE, knife)
        if knife.names[-1].startswith("send"):  # it is claimed, and nobody was told
            break
    merge_commit(world.desk, world.desk.branch())
    world.desk.git("push", "--quiet", "origin", "main")
    world.clock.later(minutes=6)
    assert say(world, since).told == ()
    assert world.reconcile().exit_code == 0
    assert headlines(world) == ["P1 incident: Checkout is down"]


def test_a_claim_for_a_commit_that_nobody_has_any_more_is_neither_said_nor_forgotten(world: World) -> None:
    key = f"{HAND}/severity-incident-chat-0123456789ab"
    world.context().forge.claim([Receipt(key, f"main-{'0' * 39}1", world.clock.now())])
    world.clock.later(minutes=6)
    for _ in range(2):
        done = world.reconcile()
        assert (done.unknown, done.lapsed, done.exit_code) == ([key], [], 5)
    assert world.chat.said == []


# -- reminders


def nudge(world: World, knife: Knife | None = None) -> Said:
    """`nudge` in the clone."""
    context = world.context()
    book = Book(lay_open(context.offline(), context.forge, registry()), registry())
    return remind(book, sharpen(context, knife or Knife()))


def test_an_update_that_is_due_comes_to_mind_once(world: World) -> None:
    world.desk.commit({FACTS: BY_HAND.replace("P2", "P1").replace("09:00", "10:00")}, "By hand")
    assert nudge(world).told == ()
    world.clock.later(minutes=46)  # 10:51, and an update is due at 11:00
    nudge(world)
    nudge(world)
    assert [line for line in headlines(world) if "update" in line] == ["The next update is due at 11:00: Mail is late"]
    assert headlines(world, "team") == []


def test_somebody_who_is_missing_comes_to_mind_once_the_time_is_over(world: World) -> None:
    world.desk.commit({FACTS: BY_HAND.replace("09:00", "10:00")}, "By hand")
    world.clock.later(minutes=12)  # 10:17
    nudge(world)
    world.clock.later(minutes=20)  # 10:37
    nudge(world)
    nudge(world)
    assert headlines(world) == [
        "Nobody is lead of this incident, since 10:15 somebody should: Mail is late",
        "Nobody is comms of this incident, since 10:30 somebody should: Mail is late",
    ]


def test_an_open_incident_of_which_nothing_is_heard_is_asked_about_every_day(world: World) -> None:
    world.desk.commit({FACTS: QUIET}, "By hand")
    for _ in range(3):
        world.clock.later(days=1)
        nudge(world)
        nudge(world)
    assert len(headlines(world)) == 3
    assert all(line.startswith("Nothing was written since 09:00") for line in headlines(world))


def test_nobody_is_reminded_of_what_is_over_or_of_a_security_incident(world: World) -> None:
    world.desk.commit({FACTS: BY_HAND.replace("investigating", "resolved")}, "By hand")
    world.run(other(DECLARE, values={"security": True}))
    said = len(world.chat.said)
    world.clock.later(days=3)
    assert nudge(world).told == ()
    assert len(world.chat.said) == said


def test_a_drill_reminds_the_drill_channel_only(world: World) -> None:
    world.run(other(DECLARE, values={**DECLARE.values, "drill": True}))
    world.clock.later(hours=3)
    assert {told.audience for told in nudge(world).told} == {"drill"}


@pytest.mark.parametrize("finish", [nudge, World.reconcile], ids=["nudge", "reconcile"])
def test_a_reminder_that_is_cut_off_comes_all_the_same_and_once(world: World, finish: Callable[[World], Any]) -> None:
    world.desk.commit({FACTS: QUIET}, "By hand")
    world.desk.git("push", "--quiet", "origin", "main")
    whole = Knife()
    world.clock.later(days=1)
    nudge(world, whole)
    assert len(whole.names) >= 4
    for cut, effect in enumerate(whole.names, 1):
        world.clock.at += timedelta(days=1)  # another day of silence
        before = len(world.chat.said)
        with pytest.raises(Cut):
            nudge(world, Knife(cut))
        world.clock.later(minutes=6)
        finish(world)
        nudge(world)
        assert len(world.chat.said) == before + 1, effect
        assert world.reconcile().exit_code == 0, effect


@pytest.mark.parametrize("at", [2, 3, 4])
def test_a_reminder_that_is_cut_off_and_not_due_any_more_is_let_go(world: World, at: int) -> None:
    world.desk.commit({FACTS: QUIET}, "By hand")
    world.clock.later(days=1)
    with pytest.raises(Cut):
        nudge(world, Knife(at))
    said = len(world.chat.said)
    edit(world.desk, "status: investigating", "status: resolved")
    world.desk.git("push", "--quiet", "origin", "main")
    world.clock.later(minutes=6)
    done = world.reconcile()
    assert done.exit_code == 0
    assert [key.rpartition("-")[0] for key in done.lapsed] == [
        f"{HAND}/silence-incident-chat",
        f"{HAND}/silence-incident-console",
    ]
    assert len(world.chat.said) == said
    assert world.reconcile() == Reconciled()


def test_a_reminder_of_a_sink_that_is_not_here_is_left_to_those_who_have_it(world: World) -> None:
    world.desk.commit({FACTS: QUIET}, "By hand")
    world.desk.git("push", "--quiet", "origin", "main")
    world.clock.later(days=1)
    with pytest.raises(Cut):
        nudge(world, Knife(2))
    world.clock.later(minutes=6)
    alone = replace(world.context(), sinks=world.context().sinks[:1])
    done = reconcile(alone)
    assert (len(done.delivered), len(done.unknown), done.lapsed) == (1, 1, [])
    assert world.reconcile().exit_code == 0
    assert len(world.chat.said) == 1
