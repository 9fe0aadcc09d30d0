"""Every way of not being able to look × every command that reads: absence is never claimed.

Two incidents are open. Something keeps the first of them, or all that Git knows, from being seen. Each command then
shows it, or says what it could not see and ends with 7; the other incident is hidden by nothing that is not its own.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.github_server.faults import KINDS, Fault
from tests.github_server.server import GitHubServer
from tests.support.desk import Desk, Done, clone, make_desk, make_remote
from tests.support.forkserver import ForkServer
from tests.support.github import make_github, person
from tests.support.small_book import SITE
from tests.support.sweeps import READS, Sweep

ABSENT = re.compile(
    r"No (open )?incident (“[^”]*” )?is|There is no incident|No incident is open|Nothing to|\b0 (due|would)|has no such"
)
"""Words that claim that something is not there. “Among what could be seen” claims nothing."""

COMMANDS = {
    "list": ("incident", "list"),
    "list --all": ("incident", "list", "--all"),
    "list as JSON": ("incident", "list", "--format", "json"),
    "show": ("incident", "show", "{id}"),
    "show as JSON": ("incident", "show", "{id}", "--format", "json"),
    "show the only one": ("incident", "show"),
    "checklist": ("checklist", "show", "{id}"),
    "note": ("incident", "note", "{id}", "words", "--dry-run"),
    "note by its end": ("incident", "note", "{end}", "words", "--dry-run"),
    "update": ("incident", "update", "{id}", "--status", "identified", "--dry-run"),
    "tick": ("checklist", "tick", "{id}", "1", "--dry-run"),
    "nudge": ("nudge", "--dry-run"),
    "announce": ("announce", "--since", "2d", "--dry-run"),
    "announce as JSON": ("announce", "--since", "2d", "--dry-run", "--format", "json"),
    "reconcile": ("reconcile", "--dry-run"),
    "declare": ("declare", "--title", "Checkout is down", "--severity", "P1", "--dry-run", "--yes"),
    "site": ("site", "build", "--dry-run"),
}

FORMS = (
    ("list --all", "list as JSON"),
    ("show", "show as JSON", "show the only one"),
    ("note", "note by its end"),
    ("announce", "announce as JSON"),
)
"""Commands that look alike, and print it in another form or find the incident by another word: they take turns, so that
each command meets each way of not being able to look in one of its forms, and each form every second or third way."""

ALIKE = (
    ("bad credentials", "scope"),
    (
        *("rate limit", "rate limit without headers", "secondary limit", "secondary limit without headers"),
        "too many requests",
    ),
    ("server error", "bad gateway", "unavailable"),
    ("unreadable", "cut short"),
)
"""Kinds of failure that Git does not tell apart: they take turns too, each with `list` and its share of the commands."""


@dataclass(frozen=True)
class World:
    """A clone, the incident that cannot be seen, and the other one."""

    desk: Desk
    first: str
    second: str

    def object(self, name: str) -> Path:
        """The file of a loose object."""
        oid = self.desk.git("rev-parse", name).strip()
        return self.desk.path / ".git/objects" / oid[:2] / oid[2:]

    def ref(self, name: str) -> Path:
        """The file of a ref."""
        return self.desk.path / ".git/refs" / name

    @property
    def branch(self) -> Path:
        """The file of the first incident's branch."""
        return self.ref(f"heads/opsbook/{self.first}")

    def intent(self, text: str, name: str = "aaaa.json") -> None:
        """A file among the saved requests."""
        path = self.desk.state / "intents" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@cache
def _here() -> World:
    desk = make_desk(Path(mkdtemp(prefix="opsbook-reads-")) / "desk")
    desk.write(SITE)
    return World(desk, desk.declare(), desk.declare("Search is slow", "P2"))


@cache
def _shared() -> World:
    """Somebody else declared the first one, and nobody has fetched it here."""
    folder = Path(mkdtemp(prefix="opsbook-reads-"))
    make_remote(folder / "remote")
    desk, other = clone(folder / "remote", folder / "desk"), clone(folder / "remote", folder / "other")
    desk.write(SITE)
    second = desk.declare("Search is slow", "P2")
    return World(desk, other.declare(), second)


def write(path: Path, text: str) -> None:
    """Write over a file, also one that is read-only, or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def foreign_git(world: World, text: str) -> World:
    """A Git of another kind on the path: a shell script; `$GIT` is the real one."""
    folder = world.desk.path.with_name("bin")
    folder.mkdir()
    (folder / "git").write_text(f"#!/bin/sh\nGIT={shutil.which('git')}\n{text}\n")
    (folder / "git").chmod(0o755)
    path = f"{folder}:{shutil.which('sh')}"
    return replace(world, desk=replace(world.desk, variables={**world.desk.variables, "PATH": path}))


def unrelated_main(world: World) -> None:
    """Main is replaced by a history of its own, and what is checked out is not."""
    desk = world.desk
    desk.git("switch", "--quiet", "--detach")
    tree = desk.git("rev-parse", "main^{tree}").strip()
    desk.git("update-ref", "refs/heads/main", desk.git("commit-tree", tree, "-m", "Anew").strip())


def shallow(world: World) -> None:
    """A clone of the newest commits alone."""
    (world.desk.path / ".git/shallow").write_text(world.desk.git("rev-parse", f"opsbook/{world.first}"))


Break = Callable[[World], "World | object"]

SAVED = '{"version": 1, "request": {"action": "%s", "by": "x", "record": null, "values": {}}, "now": "2026-11-21T10:05:00+00:00", "seed": "%s", "told": {}}'  # fmt: skip
SEED = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

HERE: dict[str, Break] = {
    "the branch is garbage": lambda w: write(w.branch, "garbage\n"),
    "the branch is empty": lambda w: write(w.branch, ""),
    "the branch names no object": lambda w: write(w.branch, "1" * 40 + "\n"),
    "its commit is gone": lambda w: w.object(f"opsbook/{w.first}").unlink(),
    "its commit is corrupt": lambda w: write(w.object(f"opsbook/{w.first}"), "x"),
    "its root folder is gone": lambda w: w.object(f"opsbook/{w.first}^{{tree}}").unlink(),
    "its folder of incidents is gone": lambda w: w.object(f"opsbook/{w.first}:incidents/{w.first[4:8]}").unlink(),
    "one of its files is gone": lambda w: w.object(
        # Its facts: a checklist may be the same file of Git as another record's.
        next(
            f"opsbook/{w.first}:{path}"
            for path in w.desk.git("ls-tree", "-r", "--name-only", f"opsbook/{w.first}", "incidents").split()
            if path.endswith("/incident.yaml")
        )
    ).unlink(),
    "main is garbage": lambda w: write(w.ref("heads/main"), "garbage\n"),
    "main is gone": lambda w: w.ref("heads/main").unlink(),
    "main's commit is gone": lambda w: w.object("main").unlink(),
    "main's folder is gone": lambda w: w.object("main^{tree}").unlink(),
    "main is of another history": unrelated_main,
    "the packed refs are garbage": lambda w: write(w.desk.path / ".git/packed-refs", "garbage\n"),
    "the clone is shallow": shallow,
    "HEAD is gone": lambda w: (w.desk.path / ".git/HEAD").unlink(),
    "the repository leads nowhere": lambda w: [
        shutil.rmtree(w.desk.path / ".git"), (w.desk.path / ".git").write_text("gitdir: nowhere\n")
    ],
    "the clone belongs to somebody else": lambda w: foreign_git(
        w, 'GIT_TEST_ASSUME_DIFFERENT_OWNER=1 exec "$GIT" "$@"'
    ),
    "Git is not installed": lambda w: replace(w, desk=replace(w.desk, variables={"PATH": "/nowhere"})),
    "Git cannot start anything": lambda w: foreign_git(w, "exit 128"),
    "a saved request is empty": lambda w: w.intent(""),
    "a saved request is half written": lambda w: w.intent(SAVED[:70]),
    "a saved request is of a newer program": lambda w: w.intent(SAVED.replace('"version": 1', '"version": 2')),
    "a saved request is of another program": lambda w: w.intent(SAVED % ("incident.dance", SEED)),
    "a saved request has no values of ours": lambda w: w.intent(SAVED % ("incident.declare", SEED)),
    "a saved request was set aside": lambda w: w.intent("{", "aaaa.broken"),
    "the saved requests cannot be listed": lambda w: write(w.desk.state / "intents", "in the way"),
    "opsbook.yml cannot be read": lambda w: w.desk.write({"opsbook.yml": "version: 1\nforge: {push: true\n"}),
}  # fmt: skip

SHARED: dict[str, Break] = {
    "the remote is gone": lambda w: w.desk.git("remote", "set-url", "origin", "nowhere"),
    "there is no remote": lambda w: w.desk.git("remote", "remove", "origin"),
    "the remote says nothing that Git understands": lambda w: w.desk.git("config", "remote.origin.uploadpack", "true"),
    "what is fetched cannot be kept": lambda w: write(w.ref("remotes/origin/opsbook").with_name("opsbook"), "x"),
}


FORBIDDEN: dict[str, Callable[[World], Path]] = {
    "the repository": lambda w: w.desk.path / ".git",
    "its configuration": lambda w: w.desk.path / ".git/config",
    "its objects": lambda w: w.desk.path / ".git/objects",
    "its refs": lambda w: w.desk.path / ".git/refs",
    "its branches": lambda w: w.ref("heads"),
    "the branches of records": lambda w: w.ref("heads/opsbook"),
    "a branch": lambda w: w.branch,
    # Not its folder, which may hold objects of others: their names are as good as random.
    "an object": lambda w: w.object(f"opsbook/{w.first}"),
    "the folder of incidents": lambda w: w.desk.path / "incidents",
    "the saved requests": lambda w: w.desk.state / "intents",
}
"""What may not be read by whoever runs the command."""


def copied(world: World, folder: Path, server: ForkServer | None = None) -> World:
    """The same world, elsewhere."""
    shutil.copytree(world.desk.path.parent, folder, symlinks=True)
    desk = Desk(folder / "desk", dict(world.desk.variables), server)
    if (folder / "remote").exists():
        desk.git("remote", "set-url", "origin", str(folder / "remote"))
    return replace(world, desk=desk)


def turns(name: str, ways: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The commands that meet one of many ways of not being able to look."""
    skipped = {form for forms in FORMS for form in forms if form != forms[ways.index(name) % len(forms)]}
    left = [command for command in COMMANDS if command not in skipped]
    kinds = next((kinds for kinds in ALIKE if name in kinds), (name,))
    share = left[kinds.index(name) :: len(kinds)]
    return {command: COMMANDS[command] for command in left if command in share or command == "list"}


def hold(
    world: World, name: str, ways: Sequence[str], *, saved: bool = False, others: bool = True, news: bool = False
) -> int:
    """Run the commands whose turn it is; how many cells held.

    Args:
        ways: of not being able to look, of which this is one.
        saved: what cannot be seen is a saved request, and every branch can.
        others: the second incident can be seen.
        news: what cannot be seen was never brought here, and the site asks nobody for it.
    """
    commands = turns(name, ways)
    for command, words in commands.items():
        done = world.desk.opsbook(*(word.format(id=world.first, end=world.first[-5:]) for word in words))
        cell = f"{name} × {command}: {done}"
        shown = world.first in done.out or "Checkout is down" in done.out
        assert not (done.code == 0 and ABSENT.search(done.out)), cell
        assert done.code in (0, 1, 2, 7) or "Git is not installed" in done.err, cell
        assert "our fault" not in done.err, cell
        if done.code == 0 and not (news and command == "site"):
            assert shown, cell
            assert not saved, cell
        assert command != "site" or done.code in (0, 7), cell
        if command == "list":
            assert done.code == 7, cell
            assert "not seen" in done.err, cell
            assert (world.second in done.out) is others, cell
        if command == "list as JSON":
            assert done.json["unseen"], cell
            assert all(item["what"] and item["why"] for item in done.json["unseen"]), cell
    return len(commands)


BLIND = {
    "the packed refs are garbage", "HEAD is gone", "the repository leads nowhere", "Git is not installed",
    "the clone belongs to somebody else", "Git cannot start anything",
}  # fmt: skip
"""Ways in which nothing of Git can be seen, and so the second one cannot either."""


@pytest.mark.parametrize("name", HERE)
def test_in_a_clone(name: str, tmp_path: Path, sweep: Sweep) -> None:
    world = copied(_here(), tmp_path / "world")
    broken = HERE[name](world)
    world = broken if isinstance(broken, World) else world
    sweep(READS, hold(world, name, [*HERE], saved="saved" in name, others=name not in BLIND))


@pytest.mark.parametrize("name", SHARED)
def test_with_a_remote(name: str, tmp_path: Path, sweep: Sweep) -> None:
    world = copied(_shared(), tmp_path / "world")
    SHARED[name](world)
    sweep(READS, hold(world, name, [*SHARED], news=True))


@pytest.mark.parametrize("name", FORBIDDEN)
def test_without_permission(name: str, tmp_path: Path, powerless: ForkServer, sweep: Sweep) -> None:
    world = copied(_here(), tmp_path / "world", powerless)
    (world.desk.path / "incidents").mkdir()
    path = FORBIDDEN[name](world)
    mode = path.stat().st_mode
    path.chmod(0)
    try:
        others = path.name in ("incidents", "intents") or path == world.branch or path.parent.parent.name == "objects"
        sweep(READS, hold(world, name, [*FORBIDDEN], saved="saved" in name, others=others))
    finally:
        path.chmod(mode)


@pytest.fixture(scope="module")
def github() -> Iterator[tuple[GitHubServer, World]]:
    """Two people; what one has declared the other has not fetched."""
    folder = Path(mkdtemp(prefix="opsbook-reads-"))
    hub = make_github(folder / "github.git")
    desk, other = person(hub, folder / "desk"), person(hub, folder / "other")
    desk.write(SITE)
    second = desk.declare("Search is slow", "P2")
    world = World(desk, other.declare(), second)
    yield hub, world
    hub.close()


WAYS = [kind for kind in KINDS if kind != "timeout"]


@pytest.mark.parametrize("kind", [None, *WAYS])
def test_with_github(kind: str | None, github: tuple[GitHubServer, World], tmp_path: Path, sweep: Sweep) -> None:
    hub, world = github
    shutil.copytree(world.desk.path, tmp_path / "desk", symlinks=True)
    world = replace(world, desk=replace(world.desk, path=tmp_path / "desk"))
    hub.faults[:] = [Fault("upload-pack/refs" if kind else "pulls/list", kind or "unavailable", times=None)]
    try:
        cells = hold(world, kind, WAYS, news=True) if kind else _seen(world)
    finally:
        hub.faults.clear()
    sweep(READS, cells)


def _seen(world: World) -> int:
    """Whatever GitHub's API says: Git brings what is new, and it is shown."""
    looks = {name: COMMANDS[name] for name in ("list", "list as JSON", "show", "checklist", "note by its end", "nudge")}
    for command, words in looks.items():
        done: Done = world.desk.opsbook(*(word.format(id=world.first, end=world.first[-5:]) for word in words))
        assert done.code == 0, f"{command}: {done}"
        assert world.first[-5:] in done.out or command == "nudge", f"{command}: {done}"
        if command == "list as JSON":
            assert json.loads(done.out)["unseen"] == []
    return len(looks)
