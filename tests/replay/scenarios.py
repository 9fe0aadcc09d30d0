"""What people do, one scenario each: they are played with a clock that stands still and dice that are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from opsbook.core.errors import Refused
from opsbook.core.plan import Origin
from opsbook.core.request import Request
from opsbook.perform import Outcome, Reconciled, performing
from tests.replay.world import Eye, Json, World, begin, by_hand, delete_branch, text_at
from tests.support.github import merge_pull
from tests.support.knife import Knife, sharpen
from tests.support.requests import ask

DECLARED = {"title": "Checkout is down", "severity": "P1", "services": ["checkout"], "lead": "oncall-a"}


@dataclass
class Play:
    """A world in which things happen one after the other, and what came of each."""

    world: World
    steps: list[Json] = field(default_factory=list)
    record: str = ""
    path: str = ""
    _seed: int = 0

    def __post_init__(self) -> None:
        self._eye = Eye(self.world)
        self._eye.look()

    def ask(
        self, action: str, by: str = "oncall-a", *, machine: str = "here", record: str | None = None, **values: Any
    ) -> None:
        """A request about the record, and what came of it."""
        self.step(f"{action} by {by}", lambda: self.do(self.request(action, by, record=record, **values), machine))

    def request(self, action: str, by: str = "oncall-a", *, record: str | None = None, **values: Any) -> Request:
        """A request about the record."""
        about = None if action == "declare" else record or self.record
        return ask(f"incident.{action}", by, values, about)

    def do(self, request: Request, machine: str = "here", *, origin: Origin | None = None) -> Outcome:
        """A request by a process of its own."""
        self._seed += 1
        with performing(request, self.world.context(machine, self._seed, request.by), origin=origin) as outcome:
            if request.action == "incident.declare":
                self.record, self.path = outcome.id, outcome.path
            return outcome

    def declare(self, by: str = "oncall-a", **values: Any) -> None:
        """Declare an incident; what follows is about it."""
        self.ask("declare", by, **{**DECLARED, **values})

    def note(self, text: str, by: str = "oncall-a", **values: Any) -> None:
        """A note."""
        self.ask("note", by, text=text, **values)

    def meanwhile(self, request: Request, at: str, act: Callable[[], object]) -> Outcome:
        """A request, and what others do just before its first effect of a name."""
        self._seed += 1
        knife = Elbow(act=act, name=at)
        context = sharpen(self.world.context("here", self._seed, request.by), knife)
        with performing(request, context) as outcome:
            return outcome

    def reconcile(self, machine: str = "here") -> None:
        """`reconcile` on a machine."""
        self._seed += 1
        self.step(f"reconcile {machine}", lambda: self.world.reconcile(seed=self._seed, machine=machine))

    def merge(self, method: str = "merge") -> None:
        """A person merges the pull request with the button."""
        hand = {"squash": method == "squash"} if method == "squash" else {"method": method}
        self.step(f"the button: {method}", lambda: merge_pull(self.world.hub, self.record, **hand))  # type: ignore[arg-type]

    def hand(self, branch: str, changes: Mapping[str, str | None]) -> None:
        """A person commits by hand."""
        self.step(f"by hand on {branch}", lambda: by_hand(self.world, branch, changes) and None)

    @property
    def branch(self) -> str:
        """The branch of the record."""
        return f"opsbook/{self.record}"

    def step(self, name: str, act: Callable[[], object]) -> None:
        """Something that happens, five minutes after what happened before."""
        self.world.clock.later(minutes=5)
        shown: Json = {"step": name}
        try:
            came = act()
        except Refused as error:
            shown["refused"] = error.message
        else:
            if isinstance(came, Outcome):
                shown["outcome"] = _outcome(came)
            elif isinstance(came, Reconciled):
                shown["outcome"] = {"exit code": came.exit_code, **_reconciled(came)}
        self.steps.append({**shown, **self._eye.look()})


@dataclass
class Elbow(Knife):
    """Falls at no effect, but lets others act before the first of a name."""

    act: Callable[[], object] = lambda: None
    name: str = ""

    def before(self, name: str) -> None:
        """See `Knife.before`."""
        if name == self.name:
            self.name = ""
            self.act()


def _outcome(came: Outcome) -> Json:
    return {
        "exit code": came.exit_code,
        **{name: getattr(came, name) for name in ("id", "path", "branch", "commit")},
        "told": [f"{told.audience}: {told.ref}" for told in came.told],
    }


def _reconciled(came: Reconciled) -> Json:
    found = {name: value for name, value in vars(came).items() if value}
    if came.resumed:
        found["resumed"] = [_outcome(outcome) for outcome in came.resumed]
    return found


Scenario = Callable[[Play], None]

SCENARIOS: dict[str, Scenario] = {}


def scenario(act: Scenario) -> Scenario:
    """Register a scenario by its name."""
    SCENARIOS[act.__name__] = act
    return act


def play(name: str, folder: Path) -> list[Json]:
    """Play a scenario; what came of each step."""
    world = begin(folder)
    try:
        running = Play(world)
        SCENARIOS[name](running)
        assert world.hub.refused == []
    finally:
        world.hub.close()
    return running.steps


@scenario
def declare(on: Play) -> None:
    """Incidents of several sorts beside each other."""
    on.declare()
    on.declare(by="oncall-b", title="Search is slow", severity="P2", services=["search"], lead=None, user_facing=False)
    on.declare(title="Loss of a region", severity="P3", services=["checkout", "search"], drill=True)


@scenario
def notes(on: Play) -> None:
    """Every sort of note."""
    on.declare(summary="It fails for all tenants.")
    on.note("It is the queue.")
    on.note("Roll back to yesterday’s release.", kind="decision", by="oncall-b")
    on.note("Rolled back.", kind="change", at="10:16")
    on.note("It is the other queue.", correct="last")
    on.note("Words\n\nin *two* paragraphs: `kubectl get pods`, <b>é 漢字 🙂</b>")


@scenario
def updates(on: Play) -> None:
    """An incident from its declaration to its end."""
    on.declare(lead=None)
    on.ask("update", "oncall-b", lead="oncall-b", comms="oncall-a")
    on.ask("step", steps=[1, 2], text="Both look fine.")
    on.ask("step", "oncall-b", steps=[3], outcome="skipped", text="There are no tenants.")
    on.ask("update", template="investigating")
    on.ask("update", status="identified", text="It is DNS.", tell="We have found the cause.", components=["shop"])
    on.ask("update", severity="P2", text="Only some users.", services=["search"])
    on.ask("update", "oncall-b", status="monitoring", summary="DNS was wrong.", seen={"status": "identified"})
    on.ask("update", status="resolved", text="Nothing for an hour.")
    on.note("Afterwards.")
    on.ask("update", status="closed", text="Reviewed.")


def _merged(on: Play, method: str) -> None:
    on.declare()
    on.note("Before the merge.")
    on.merge(method)
    on.note("After the merge.")
    on.ask("update", status="identified", text="It is DNS.")
    on.merge(method)
    on.reconcile()
    on.note("After the branch was tidied away.")
    on.merge(method)
    on.note("Once more.", by="oncall-b", machine="there")


@scenario
def merge(on: Play) -> None:
    """Merged with a merge commit, and written to again."""
    _merged(on, "merge")


@scenario
def squash(on: Play) -> None:
    """Merged as one commit, and written to again."""
    _merged(on, "squash")


@scenario
def rebase(on: Play) -> None:
    """Merged commit by commit, and written to again."""
    _merged(on, "rebase")


@scenario
def by_hand_on_main(on: Play) -> None:
    """People change main while an incident is open: another file, and then the very record."""
    on.declare()
    on.hand("main", {"docs/readme.md": "# Another page\n"})
    on.note("Main has moved.")
    on.merge()
    facts = f"{on.path}/incident.yaml"
    on.hand("main", {facts: text_at(on.world, "main", facts).replace("is down", "was down")})
    on.note("Somebody has changed the title on main.")
    on.ask("update", status="identified", text="It is DNS.")
    on.hand("main", {facts: text_at(on.world, "main", facts).replace("was down", "is down again")})
    on.ask("update", severity="P2", text="And again.")
    on.note("Both have changed the facts.")


@scenario
def by_hand_on_the_branch(on: Play) -> None:
    """People change the branch of an open record, and write over what is there."""
    on.declare()
    facts = f"{on.path}/incident.yaml"
    on.hand(on.branch, {facts: text_at(on.world, on.branch, facts).replace("is down", "was down")})
    on.note("Somebody has changed the title.")
    on.hand(on.branch, {f"{on.path}/log.txt": "a log\n", "docs/readme.md": None})
    on.ask("update", status="identified", text="It is DNS.")
    on.merge("squash")
    on.note("After the merge.")


@scenario
def two_people(on: Play) -> None:
    """Somebody else writes between the look and the write."""
    on.declare()
    note = on.request("note", text="By one.")
    other = on.request("note", "oncall-b", text="By another.")
    on.step("two notes", lambda: on.meanwhile(note, "publish", lambda: on.do(other, "there")))
    comms = on.request("update", comms="oncall-a", seen={"comms": None})
    other_comms = on.request("update", "oncall-b", comms="oncall-b", seen={"comms": None})
    on.step("two changes of a fact", lambda: on.meanwhile(comms, "publish", lambda: on.do(other_comms, "there")))
    status = on.request("update", status="identified", text="It is DNS.")
    other_severity = on.request("update", "oncall-b", severity="P2", text="Only some users.")
    on.step("two facts", lambda: on.meanwhile(status, "publish", lambda: on.do(other_severity, "there")))


@scenario
def two_who_tell(on: Play) -> None:
    """Somebody else finishes what a process has published and not told yet."""
    on.declare()
    more = on.request("update", status="monitoring", text="It works again.")
    on.step(
        "reconcile before the message",
        lambda: on.meanwhile(more, "send by chat", lambda: on.world.reconcile(seed=51, machine="there")),
    )
    on.reconcile("there")


@scenario
def merged_meanwhile(on: Play) -> None:
    """The button is pressed between the look and the write, in each way."""
    on.declare()
    for method in ("merge", "squash", "rebase"):
        note = on.request("note", text=f"While somebody merged: {method}.")
        hand: Any = {"squash": True} if method == "squash" else {"method": method}
        press = lambda hand=hand: merge_pull(on.world.hub, on.record, **hand)  # noqa: E731
        on.step(f"a note and {method}", lambda note=note, press=press: on.meanwhile(note, "publish", press))
        on.reconcile()
    note = on.request("note", text="While somebody deleted the branch.")
    on.merge()
    on.step("a note and tidying", lambda: on.meanwhile(note, "publish", lambda: delete_branch(on.world, on.branch)))


@scenario
def reconciled(on: Play) -> None:
    """`reconcile` after merges, with other records open, and after facts were changed on main by hand."""
    on.declare()
    first = on.record
    on.merge()
    on.declare(by="oncall-b", title="Search is slow", severity="P2", services=["search"])
    on.reconcile()
    on.reconcile("there")
    facts = f"{on.path}/incident.yaml"
    on.merge("squash")
    text = text_at(on.world, "main", facts)
    on.hand("main", {facts: text.replace("status: investigating", "status: identified")})
    on.reconcile()
    on.note("To the first.", record=first)
    on.reconcile()


@scenario
def closed_and_deleted(on: Play) -> None:
    """A pull request is closed without a merge; a branch is deleted."""
    on.declare()

    def close() -> None:
        with on.world.hub.locked() as hub:
            hub.close(hub.issues[1])

    on.step("the pull request is closed", close)
    on.note("Nobody has merged it.")
    on.reconcile()
    on.step("the branch is deleted", lambda: delete_branch(on.world, on.branch))
    on.note("There is no such record.")
    on.reconcile()
    on.declare()


@scenario
def twice(on: Play) -> None:
    """The same run of a workflow, on machines that know nothing of each other."""
    request = ask("incident.declare", "oncall-a", DECLARED)
    origin = Origin("example/book", "run-4711", on.world.clock.at)
    on.step("a run", lambda: on.do(request, "runner-1", origin=origin))
    on.step("the same run", lambda: on.do(request, "runner-2", origin=origin))
    on.merge("squash")
    on.step("the same run after a merge", lambda: on.do(request, "runner-3", origin=origin))
    note = replace(origin, name="run-4712")
    on.step("a note", lambda: on.do(on.request("note", text="Once."), "runner-1", origin=note))
    on.step("the same note", lambda: on.do(on.request("note", text="Once."), "runner-2", origin=note))


@scenario
def main_is_replaced(on: Play) -> None:
    """Somebody begins main anew, so that it has nothing in common with the branch of an open record."""
    on.declare()

    def anew() -> None:
        with on.world.hub.locked() as hub:
            old = hub.git.parse(hub.git.ref("refs/heads/main") or "")
            new = hub.git.commit(old.tree, [], "Begin anew\n", old.author, old.committer)
            hub.git.move("refs/heads/main", new, old.sha)
            hub.close(hub.issues[1])

    on.step("main is replaced", anew)
    on.note("On another main.")
    on.reconcile()
