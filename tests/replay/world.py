"""A GitHub, machines, a chat and a clock, all of them saved as plain data, brought back from it, and looked at."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from opsbook.core.announcement import Announcement
from opsbook.core.context import Context
from opsbook.core.request import Request
from opsbook.perform import Outcome, Reconciled, performing, reconcile
from tests.github_server.hub import Comment, Issue
from tests.github_server.repository import Bare, Person
from tests.github_server.server import GitHubServer
from tests.support.clock import START, Clock
from tests.support.desk import key_at
from tests.support.github import office
from tests.support.wired import Chat

Json = dict[str, Any]

HERE = Path(__file__).parent
BEGIN = HERE / "begin.json"
"""The book with which everything begins: a copy, so that a change of the small book changes no commit here."""

SITE = "https://site.example"
"""What the address of the server, which has another port each time, is called in the data."""

RECEIPTS = "refs/heads/opsbook-receipts"


@dataclass
class World:
    """All that there is, and how to act in it."""

    folder: Path
    hub: GitHubServer
    clock: Clock = field(default_factory=Clock)
    chat: Chat = field(default_factory=Chat)

    def context(self, machine: str, seed: int, by: str = "oncall-a") -> Context:
        """What a new process on a machine is given."""
        made = office(self.hub, self.folder / machine, self.chat, self.clock, seed=seed)
        return replace(made.context, actor=by)

    def run(self, request: Request, *, seed: int, machine: str = "here") -> Outcome:
        """A request by a process of its own."""
        with performing(request, self.context(machine, seed, request.by)) as outcome:
            return outcome

    def reconcile(self, *, seed: int, machine: str = "here") -> Reconciled:
        """`reconcile` by a process of its own."""
        return reconcile(self.context(machine, seed))

    def intents(self) -> list[str]:
        """The requests that are not finished, on any machine."""
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.glob("*/intents/*.json"))


# -- Git as text


def export(git: Bare, *without: str) -> list[str]:
    """Everything in a repository as lines of `git fast-export`.

    Args:
        without: commits that are there already where it is read.
    """
    refs = git.refs("refs/heads/")
    names = [name for name, tip in refs.items() if tip not in without]
    if not names:
        return []
    words = ("--reencode=no", "--signed-tags=verbatim", "--reference-excluded-parents")
    _, data = git.git("fast-export", *words, *names, *(f"^{tip}" for tip in without))
    return data.decode().split("\n")


def bring(git: Bare, lines: Sequence[str]) -> None:
    """What `export` has written."""
    if lines:
        git.git("fast-import", "--quiet", "--force", stdin="\n".join(lines).encode())


def make_bare(path: Path, lines: Sequence[str]) -> Bare:
    """A repository that holds what was exported."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--template=", "--initial-branch=main", path], check=True)
    git = Bare(path)
    bring(git, lines)
    return git


def begin(folder: Path) -> World:
    """A world with the book on main and nothing else."""
    clock = Clock()
    make_bare(folder / "github.git", json.loads(BEGIN.read_text("utf-8"))).close()
    return World(folder, GitHubServer(folder / "github.git", clock.now), clock)


# -- a world as data


def save(world: World, *without: str) -> Json:
    """The whole world."""
    with world.hub.locked() as hub:
        data = {
            "at": world.clock.at.isoformat(),
            "git": export(hub.git, *without),
            "refs": hub.git.refs("refs/heads/"),
            "issues": [asdict(issue) for issue in hub.issues.values()],
            "comments": [asdict(comment) for comment in hub.comments.values()],
            "labels": dict(hub.labels),
            "said": [{"key": key, "headline": said.headline} for key, said in world.chat.said],
            "machine": _files(world.folder / "here"),
        }
    whole: Json = json.loads(json.dumps(data).replace(world.hub.url, SITE))
    return whole


def load(folder: Path, first: Sequence[str], data: Json) -> World:
    """A world that was saved.

    Args:
        first: what Git held before.
    """
    git = make_bare(folder / "github.git", first)
    bring(git, data["git"])
    git.close()
    clock = Clock(type(START).fromisoformat(data["at"]))
    world = World(folder, GitHubServer(folder / "github.git", clock.now), clock)
    data = json.loads(json.dumps(data).replace(SITE, world.hub.url))
    with world.hub.locked() as hub:
        assert hub.git.refs("refs/heads/") == data["refs"]
        reviewed = {"reviewers", "reviews"}  # of which the server knew once, and which were always empty
        issues = [Issue(**{name: item[name] for name in item.keys() - reviewed}) for item in data["issues"]]
        hub.issues = {issue.number: issue for issue in issues}
        hub.comments = {item["id"]: Comment(**item) for item in data["comments"]}
        hub.labels = {name: (color, meaning) for name, (color, meaning) in data["labels"].items()}
        for _ in hub.comments:
            hub.next_id()
    world.chat.said = [
        (item["key"], Announcement(item["key"].partition("/")[0], "", "", "", item["headline"]))
        for item in data["said"]
    ]
    for name, text in data["machine"].items():
        path = folder / "here" / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return world


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# -- what people do by hand


def by_hand(world: World, branch: str, changes: Mapping[str, str | None], subject: str = "By hand") -> str:
    """A person commits to a branch with Git, and pushes; the commit."""
    person = Person("Test Person", "person@example.invalid", f"{int(world.clock.at.timestamp())} +0000")
    with world.hub.locked() as hub:
        git, name = hub.git, f"refs/heads/{branch}"
        tip = git.ref(name)
        entries = {
            path: None if text is None else ("100644", git.store("blob", text.encode()))
            for path, text in changes.items()
        }
        made = git.commit(git.change_tree(tip, entries), [tip] if tip else [], f"{subject}\n", person, person)
        git.move(name, made, tip)
    return made


def text_at(world: World, branch: str, path: str) -> str:
    """The text of a file on a branch."""
    with world.hub.locked() as hub:
        found = hub.git.at(hub.git.ref(f"refs/heads/{branch}") or "", path)
        assert found is not None, path
        return (hub.git.blob(found[1]) or b"").decode()


def delete_branch(world: World, branch: str) -> None:
    """A person deletes a branch."""
    with world.hub.locked() as hub:
        name = f"refs/heads/{branch}"
        hub.git.move(name, None, hub.git.ref(name))


# -- looking


@dataclass
class Eye:
    """Looks at a world again and again, and tells what is new since the last time."""

    world: World
    _seen: Json = field(default_factory=dict)
    _commits: set[str] = field(default_factory=set)
    _heard: int = 0

    def look(self) -> Json:
        """What is new: of what was there before only what is other now, and `null` for what is gone."""
        with self.world.hub.locked() as hub:
            git = hub.git
            refs = {name.removeprefix("refs/heads/"): tip for name, tip in git.refs("refs/heads/").items()}
            branches = {name: tip for name, tip in refs.items() if f"refs/heads/{name}" != RECEIPTS}
            order = ("--reverse", "--topo-order")
            commits = [sha for sha in git.revisions(*order, *branches.values()) if sha not in self._commits]
            now: Json = {
                "branches": branches,
                "receipts": dict(_receipts(git)),
                "pulls": {str(issue.number): _pull(issue) for issue in hub.issues.values()},
                "comments": {
                    str(item.id): {"on": item.issue, "by": item.by, "body": item.body.split("\n")}
                    for item in hub.comments.values()
                },
                "labels": {name: " ".join(words) for name, words in hub.labels.items()},
            }
            told = [_told(key, item) for key, item in self.world.chat.said[self._heard :]]
            found: Json = {"commits": [_commit(git, sha) for sha in commits], "said": told}
            for part, items in now.items():
                found[part] = _news(self._seen.get(part, {}), items)
        self._commits.update(commits)
        self._heard, self._seen = len(self.world.chat.said), now
        found["intents"] = self.world.intents()
        whole: Json = json.loads(json.dumps(found).replace(self.world.hub.url, SITE))
        return {part: value for part, value in whole.items() if value}


def _news(before: Json, items: Json) -> Json:
    """What is other than before: of a pull request or comment that was there, the parts that are."""
    found: Json = {}
    for name, item in items.items():
        was = before.get(name)
        if isinstance(was, dict) and was != item:
            found[name] = _news(was, item)
        elif was != item:
            found[name] = item
    return found | {name: None for name in before if name not in items}


def _receipts(git: Bare) -> Iterator[tuple[str, str]]:
    tip = git.ref(RECEIPTS)
    for path, mode, oid in git.walk(tip) if tip else ():
        if mode != "40000":
            value = json.loads(git.blob(oid) or b"")
            yield key_at(path), f"{value['operation']} at {value['claimed_at']}: {value['reference'] or 'not said yet'}"


def _pull(issue: Issue) -> Json:
    shown = {name: getattr(issue, name) for name in ("title", "state", "head", "base")}
    return {**shown, "merged": issue.merged, "labels": sorted(issue.labels), "body": (issue.body or "").split("\n")}


def _commit(git: Bare, sha: str) -> Json:
    found = git.parse(sha)
    subject, _, body = found.message.partition("\n")
    trailers = re.findall(r"^[A-Z][A-Za-z-]+: .+$", body, re.MULTILINE)
    changed = git.changed(found.parents[0] if found.parents else None, sha)
    who = [f"{person.name} <{person.email}> {person.when}" for person in (found.author, found.committer)]
    return {
        "id": sha,
        "tree": found.tree,
        "subject": subject,
        "trailers": trailers,
        "parents": list(found.parents),
        "author": who[0],
        **({"committer": who[1]} if who[1] != who[0] else {}),
        "files": [f"{letter} {path}" for path, letter in changed.items()],
    }


def _told(key: str, item: Announcement) -> Json:
    told = {name: value for name, value in asdict(item).items() if value and name not in ("record", "name")}
    for name in ("facts", "links"):
        if name in told:
            told[name] = [": ".join(pair) for pair in told[name]]
    return {"key": key, **told}
