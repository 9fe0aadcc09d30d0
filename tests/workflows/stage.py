"""Where a case plays: a GitHub and a Slack of the tests, a repository with the small book, and the event of the case."""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.github_server.hub import OWNER, Issue
from tests.github_server.hub import Run as Dispatched
from tests.github_server.server import GitHubServer
from tests.slack_server import SlackServer, slack_server
from tests.slack_server.workspace import TOKEN as SLACK_TOKEN
from tests.support.desk import Desk, configure, make_desk
from tests.support.github import make_github
from tests.workflows.runner import Event, Run, Runner

PAYLOADS = Path(__file__).with_name("payloads")

Json = dict[str, Any]


@dataclass
class Stage:
    """The servers, and a person with a clone who prepares what the event is about.

    Attributes:
        person: a clone with the right to write everything; last: the workflow that ran, and its event.
    """

    github: GitHubServer
    slack: SlackServer
    runner: Runner
    person: Desk
    last: tuple[str, Event] | None = None

    def play(self, case: Mapping[str, Any]) -> Run | None:
        """Prepare what the case says, and run its workflow; None when the event does not start it."""
        event = self._event(case)
        self.runner.without = frozenset(case.get("without", []))
        if not self.runner.starts(case["workflow"], event):
            return None
        self.last = case["workflow"], event
        return self.again()

    def again(self) -> Run:
        """Run the last workflow again, as the button does: the same event on a new machine."""
        assert self.last is not None
        workflow, event = self.last
        return self.runner.run(workflow, event, event.payload.get("inputs"))

    def follow(self) -> Run:
        """Run the one workflow that somebody dispatched through the API."""
        ((workflow, body),) = self.github.hub.dispatched
        payload = self._payload({"event": "workflow_dispatch", "change": {"inputs": body["inputs"]}})
        ref = f"refs/heads/{body['ref']}"
        return self.runner.run(workflow, Event("workflow_dispatch", payload, ref, self._tip(ref)), body["inputs"])

    # -- the event

    def _event(self, case: Mapping[str, Any]) -> Event:
        name = case["event"].partition(".")[0]
        for files in case.get("main", []):
            self._commit("main", files)
        known = {"$MAIN": self._tip("refs/heads/main"), "$BEFORE": self.person.git("rev-parse", "main~1").strip()}
        payload = self._payload(case)
        ref = "refs/heads/main"
        if "pull_request" in payload:
            ref, more = self._pull(case["pull"], payload)
            known |= more
        if "issue" in payload:
            self._issue(payload["issue"])
        if name == "push":
            ref = payload["ref"]
        if name == "workflow_dispatch":
            with self.github.locked() as hub:
                number = self.runner.number
                hub.runs[number] = Dispatched(number, payload["sender"]["login"], hub.now())
        payload = _replaced(payload, known)
        sha = self._tip(ref) if ref in self._refs() else known["$MAIN"]
        return Event(name, payload, ref, sha)

    def _payload(self, case: Mapping[str, Any]) -> Json:
        """The recorded payload, with the changes of the case in it."""
        payload = json.loads((PAYLOADS / f"{case['event']}.json").read_text("utf-8"))
        payload["repository"]["default_branch"] = "main"
        payload.setdefault("sender", {})
        _lay(payload, case.get("change", {}))
        for path, filling in case.get("long", {}).items():
            *parents, last = path.split(".")
            inner = payload
            for parent in parents:
                inner = inner[parent]
            inner[last] = filling["text"] * filling["times"]
        people = [payload["sender"], *(payload[key]["user"] for key in ("issue", "pull_request") if key in payload)]
        for person in people:
            person.setdefault("login", "somebody")
            person["id"] = sum(map(ord, person["login"]))  # as the server of the tests numbers people
        return payload

    def _issue(self, issue: Json) -> None:
        """The issue, as GitHub holds it when the event is sent."""
        with self.github.locked() as hub:
            made = hub.open_issue(by=issue["user"]["login"], title=issue["title"], body=issue["body"])
            made.state = issue["state"]
            issue["number"] = made.number
            issue["id"] += made.number

    def _pull(self, pull: Mapping[str, Any], payload: Json) -> tuple[str, dict[str, str]]:
        """The pull request with its branch, and the merge of it that GitHub checks; returns the name of that merge."""
        if "declare" in pull:
            branch = self.declare(pull["declare"])
            head, origin = self.person.git("rev-parse", "HEAD").strip(), "known"
        else:
            branch, origin = pull["branch"], pull.get("from", "here")
            head = self._commit(branch, pull["files"], start=True)
        self.person.git("checkout", "--quiet", "--detach", "main")
        self.person.git("merge", "--quiet", "--no-ff", "-m", "Merge", branch)
        ref = "refs/pull/1/merge"
        self._push(f"HEAD:{ref}", *([f"{branch}:refs/heads/{branch}"] if origin == "here" else []))
        elsewhere = {"fork": {"full_name": "stranger/book"}, "gone": None}
        repository = elsewhere.get(origin, {"full_name": "example/book"})
        payload["pull_request"]["head"] |= {"ref": branch, "sha": head, "repo": repository}
        payload["pull_request"]["base"] |= {"ref": "main", "sha": self._tip("refs/heads/main")}
        payload["number"] = 1
        if origin == "here":
            with self.github.locked() as hub:
                base = payload["pull_request"]["base"]["sha"]
                words = {"title": payload["pull_request"]["title"], "body": payload["pull_request"]["body"]}
                hub.open_issue(by=OWNER, head=branch, head_sha=head, base="main", base_sha=base, **words)
        return ref, {"$HEAD": head}

    def declare(self, title: str) -> str:
        """Somebody declares from a terminal, with a token of their own; the branch, which is checked out after that."""
        variables = {
            "GITHUB_TOKEN": "test-token",
            "GITHUB_REPOSITORY": "example/book",
            "GITHUB_API_URL": self.github.url,
        }
        done = Desk(self.person.path, variables).opsbook(
            "declare", "--title", title, "--severity", "P1", "--yes", "--format", "json"
        )
        assert done.code == 0, str(done)
        branch = str(done.json["branch"])
        self.person.git("fetch", "--quiet", "origin", f"{branch}:{branch}")
        self.person.git("checkout", "--quiet", branch)
        return branch

    def declare_by_hand(self, title: str) -> None:
        """Somebody writes an incident with an editor (the local forge does it for them), and merges it with Git."""
        branch = self.person.opsbook("declare", "--title", title, "--severity", "P1", "--yes", "--format", "json").json
        self.person.git("merge", "--quiet", "--no-ff", "-m", "By hand", str(branch["branch"]))
        self._push("main:refs/heads/main")

    def pulls(self) -> list[Issue]:
        """The pull requests on GitHub."""
        with self.github.locked() as hub:
            return [issue for issue in hub.issues.values() if issue.head]

    def comments(self, number: int) -> list[str]:
        """The comments of an issue or a pull request."""
        with self.github.locked() as hub:
            return [comment.body for comment in hub.comments.values() if comment.issue == number]

    # -- the person's clone

    def _commit(self, branch: str, files: Mapping[str, str], *, start: bool = False) -> str:
        self.person.git("fetch", "--quiet", "origin")
        self.person.git("checkout", "--quiet", "-B", branch, "origin/main" if start else f"origin/{branch}")
        for name, text in files.items():
            self.person.write({name: text})
        self.person.git("add", "--all")
        self.person.git("commit", "--quiet", "--message", "By hand")
        if not start:
            self._push(f"{branch}:refs/heads/{branch}")
        return self.person.git("rev-parse", "HEAD").strip()

    def _push(self, *refs: str) -> None:
        self.person.git("push", "--quiet", str(self.github.hub.git.path), *refs)
        with self.github.locked():
            pass

    def _refs(self) -> list[str]:
        return Desk(self.github.hub.git.path).git("for-each-ref", "--format=%(refname)").split()

    def _tip(self, ref: str) -> str:
        return Desk(self.github.hub.git.path).git("rev-parse", "--verify", ref).strip()


def job_token(github: GitHubServer, permissions: Mapping[str, str]) -> str:
    """A token that may do what a job's permissions say, and nothing else."""
    token = f"job-token-{len(github.scopes) + 1}"
    with github.locked() as hub:
        hub.tokens[token] = "bot"
        github.scopes[token] = dict(permissions)
    return token


def _lay(value: Json, changes: Mapping[str, Any]) -> None:
    """Lay changes over a payload, deep."""
    for key, change in changes.items():
        if isinstance(change, Mapping) and isinstance(value.get(key), dict):
            _lay(value[key], change)
        else:
            value[key] = copy.deepcopy(change)


def _replaced(value: Any, known: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, known) for item in value]
    return known.get(value, value) if isinstance(value, str) else value


@cache
def complete(settings: str) -> Mapping[str, bytes]:
    """What the small book lacks to be whole: the pages that a new book has, and what is made from it.

    Args:
        settings: more lines of `forge` in opsbook.yml.
    """
    with tempfile.TemporaryDirectory() as folder:
        desk, new = make_desk(Path(folder) / "book"), Path(folder) / "new"
        assert desk.opsbook("new", "book", str(new)).code == 0
        config = desk.path / "opsbook.yml"
        config.write_text(config.read_text("utf-8").replace("  push: false\n", f"  push: false\n{settings}"), "utf-8")
        shutil.copytree(new / "docs", desk.path / "docs", dirs_exist_ok=True)
        shutil.copy(new / "mkdocs.yml", desk.path)
        for command in ("schema", "forms"):
            assert desk.opsbook(command).code == 0
        names = desk.git("ls-files", "--others", "--modified", "-z").rstrip("\0").split("\0")
        return {name: (desk.path / name).read_bytes() for name in names}


@contextmanager
def stage(folder: Path, case: Mapping[str, Any]) -> Iterator[Stage]:
    """The stage of a case; a request that GitHub's description does not allow fails the test."""
    github = make_github(folder / "github.git")
    bare = Desk(github.hub.git.path)
    bare.git("config", "uploadpack.allowAnySHA1InWant", "true")
    with github.locked() as hub:
        hub.permissions |= {"somebody": "write", **case.get("permissions", {})}
    with slack_server("incident", "team", "security", "drill") as slack:
        secrets = {"SLACK_BOT_TOKEN": SLACK_TOKEN, **case.get("secrets", {})}
        runner = Runner(
            folder / "jobs",
            github.hub.git.path,
            github.git_url,
            github.url,
            slack.url,
            lambda permissions: job_token(github, permissions),
            secrets=secrets,
            variables=case.get("variables", {}),
            broken=frozenset(case.get("broken", [])),
        )
        bare.git("clone", "--quiet", str(github.hub.git.path), str(folder / "person"))
        person = configure(Desk(folder / "person"))
        person.commit(
            complete("".join(f"  {name}: {value}\n" for name, value in case.get("settings", {}).items())),
            "Make the rest",
        )
        person.git("push", "--quiet", "origin", "main")
        with github.locked():
            pass
        try:
            yield Stage(github, slack, runner, person)
        finally:
            github.close()
    assert github.refused == []
