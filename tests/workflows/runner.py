"""Runs a workflow as GitHub does: its jobs in order, their conditions, and each `run:` step in a real shell.

What `uses:` names is not run: `Runner._use` says what each action leaves behind, and one that it does not know is an error.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support import forkserver
from tests.support.clock import handed_on
from tests.workflows.expressions import fill, holds, text_of

ROOT = Path(__file__).parents[2]

Json = dict[str, Any]

RUN = 1658821493
"""The number of the first run."""


@dataclass(frozen=True)
class Event:
    """What GitHub starts a workflow with.

    Attributes:
        ref: the full name of the ref that the run belongs to; sha: its commit.
    """

    name: str
    payload: Json
    ref: str
    sha: str

    @property
    def actor(self) -> str:
        """Who did it."""
        return str(self.payload.get("sender", {}).get("login", "github-actions[bot]"))


@dataclass
class Step:
    """One step that ran.

    Attributes:
        outcome: success, failure or skipped.
        text: what it printed; read as GitHub reads it, for workflow commands.
        outputs, variables, paths: what it wrote to GITHUB_OUTPUT, GITHUB_ENV and GITHUB_PATH.
    """

    job: str
    name: str
    outcome: str
    code: int = 0
    text: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


@dataclass
class Run:
    """What became of a run: the result of each job (success, failure or skipped), and every step."""

    jobs: dict[str, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Everything that was printed."""
        return "\n".join(step.text for step in self.steps)

    def __str__(self) -> str:
        return f"{self.jobs}\n" + "\n".join(
            f"--- {step.job} · {step.name}: {step.outcome}, exit {step.code}\n{step.text}" for step in self.steps
        )


@dataclass
class Runner:
    """A machine that runs workflows.

    Attributes:
        folder: where it may write; every job gets a folder of its own in it.
        repository: the bare repository behind GitHub, for checkouts; remote: the address that a checkout remembers.
        api, slack: addresses of the servers.
        token: gives a job its token, from its permissions.
        secrets, variables: of the repository.
        broken: the actions that fail; without: jobs that are taken for done.
        number: of the run.
    """

    folder: Path
    repository: Path
    remote: str
    api: str
    slack: str
    token: Callable[[Mapping[str, str]], str]
    secrets: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    workflows: Path = ROOT / ".github" / "workflows"
    broken: frozenset[str] = frozenset()
    without: frozenset[str] = frozenset()
    number: int = RUN
    kept: dict[str, bytes] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)
    _count: int = 0

    def starts(self, workflow: str, event: Event) -> bool:
        """Whether the event starts the workflow: its name, its activity type and its branch."""
        triggers = _load(self.workflows / workflow)[True]  # `on:`, as YAML 1.1 reads it
        if event.name not in triggers:
            return False
        wanted = triggers[event.name] or {}
        if "types" in wanted and event.payload.get("action") not in wanted["types"]:
            return False
        # A push that deletes starts nothing; one of a tag starts nothing where only branches are named.
        if event.name == "push" and (event.payload.get("deleted") or not event.ref.startswith("refs/heads/")):
            return False
        return "branches" not in wanted or event.ref.removeprefix("refs/heads/") in wanted["branches"]

    def run(self, workflow: str, event: Event, inputs: Mapping[str, Any] | None = None) -> Run:
        """Run a workflow to its end."""
        done, inputs = Run(), dict(inputs or {})
        for name, job in _load(self.workflows / workflow)["jobs"].items():
            assert "uses" not in job, f"{workflow}: the runner calls no other workflow"
            if name in self.without:
                done.jobs[name] = "success"
                continue
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            assert set(needs) <= set(done.jobs), f"{workflow}: {name} stands before what it needs"
            before = _status([done.jobs[need] for need in needs], steps=False)
            if holds(str(job.get("if", "true")), self._contexts(event, inputs, job["permissions"], {}), before):
                done.jobs[name] = self._job(name, job, event, inputs, done)
            else:
                done.jobs[name] = "skipped"
        return done

    def _contexts(self, event: Event, inputs: Json, permissions: Mapping[str, str], more: Json) -> Json:
        github = {
            "event": event.payload,
            "event_name": event.name,
            "ref": event.ref,
            "sha": event.sha,
            "actor": event.actor,
            "repository": "example/book",
            "run_id": str(self.number),
            "token": self.token(permissions),
        }
        return {"github": github, "inputs": inputs, "secrets": self.secrets, "vars": self.variables, **more}

    # -- one job

    def _job(self, name: str, job: Json, event: Event, inputs: Json, done: Run) -> str:
        self._count += 1
        home = self.folder / f"{self._count}-{name}"
        place = _Place(home)
        contexts = self._contexts(event, inputs, job["permissions"], {"steps": {}})
        variables = {**self._machine(event, place), **_filled(job.get("env", {}), contexts)}
        outcomes: list[str] = []
        for number, step in enumerate(job["steps"]):
            title = str(step.get("name") or step.get("uses"))
            assert "continue-on-error" not in step, title
            if not holds(str(step.get("if", "true")), contexts, _status(outcomes, steps=True)):
                result = Step(name, title, "skipped")
            elif "uses" in step:
                result = self._use(name, title, step, event, contexts, place)
            else:
                script = fill(step["run"], contexts)  # as GitHub does: what stands there then is code
                own = {**variables, **_filled(step.get("env", {}), contexts)}
                result = _shell(name, title, script, own, place, number)
                variables.update(result.variables)
                variables["PATH"] = os.pathsep.join([*result.paths, variables["PATH"]])
            done.steps.append(result)
            outcomes.append(result.outcome)
            contexts["steps"][step.get("id", f"_{number}")] = {"outcome": result.outcome, "outputs": result.outputs}
        return "failure" if "failure" in outcomes else "success"

    def _machine(self, event: Event, place: _Place) -> dict[str, str]:
        """The variables that every step finds."""
        place.event.write_text(json.dumps(event.payload), encoding="utf-8")
        return {
            "PATH": os.pathsep.join([str(place.programs), os.environ["PATH"]]),
            "HOME": str(place.home),
            "LANG": "C.UTF-8",
            "CI": "true",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": event.actor,
            "GITHUB_ACTOR_ID": str(event.payload.get("sender", {}).get("id", "")),
            "GITHUB_API_URL": self.api,
            "GITHUB_EVENT_NAME": event.name,
            "GITHUB_EVENT_PATH": str(place.event),
            "GITHUB_REF": event.ref,
            "GITHUB_REPOSITORY": "example/book",
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_RUN_ID": str(self.number),
            "GITHUB_SERVER_URL": "https://github.example",
            "GITHUB_SHA": event.sha,
            "GITHUB_WORKSPACE": str(place.workspace),
            "RUNNER_TEMP": str(place.temporary),
            "SLACK_API_URL": self.slack,
            **handed_on(),
        }

    # -- actions of others

    def _use(self, job: str, title: str, step: Json, event: Event, contexts: Json, place: _Place) -> Step:
        action = step["uses"].partition("@")[0]
        given = _filled(step.get("with", {}), contexts)
        self.used.append(action)
        if action in self.broken:
            return Step(job, title, "failure", 1)
        if action == "actions/checkout":
            self._checkout(given, event, place)
        elif action == "./.github/actions/opsbook":
            _install(place)
        elif action in ("actions/upload-artifact", "actions/upload-pages-artifact"):
            path = place.workspace / given["path"]
            files = [path] if path.is_file() else [item for item in sorted(path.rglob("*")) if item.is_file()]
            assert files, f"{title}: nothing at {given['path']}"
            self.kept |= {item.relative_to(place.workspace).as_posix(): item.read_bytes() for item in files}
        elif action == "actions/download-artifact":
            for name, data in self.kept.items():
                (place.workspace / name).write_bytes(data)
        elif action == "github/codeql-action/upload-sarif":
            assert json.loads((place.workspace / given["sarif_file"]).read_bytes())["version"] == "2.1.0"
        elif action == "actions/create-github-app-token":
            scope = {name.removeprefix("permission-"): level for name, level in given.items() if "permission-" in name}
            return Step(job, title, "success", outputs={"token": self.token(scope)})
        elif action == "actions/deploy-pages":
            assert "build/site/index.html" in self.kept
        else:
            raise AssertionError(f"the runner does not know {action}")
        return Step(job, title, "success")

    def _checkout(self, given: Mapping[str, str], event: Event, place: _Place) -> None:
        """As actions/checkout: one commit or all, and no credentials left behind."""
        assert given["persist-credentials"] == "false"
        wanted = given.get("ref") or event.sha
        all_of_it = given.get("fetch-depth") == "0"
        git = ["git", "-C", str(place.workspace)]
        refs = ["+refs/heads/*:refs/remotes/origin/*"] if all_of_it else []
        depth = [] if all_of_it else ["--depth=1"]
        for words in (
            ["init", "--quiet", "--template=", "--initial-branch=main"],
            ["remote", "add", "origin", self.remote],
            ["fetch", "--quiet", "--no-tags", *depth, f"file://{self.repository}", wanted, *refs],
        ):
            subprocess.run([*git, *words], check=True, capture_output=True, env={**os.environ, "HOME": str(place.home)})
        if wanted == event.sha:
            words = ["checkout", "--quiet", "--detach", "FETCH_HEAD"]
        else:
            words = ["checkout", "--quiet", "-B", wanted, "FETCH_HEAD"]
        subprocess.run([*git, *words], check=True, capture_output=True)


class _Place:
    """The folders of one job."""

    def __init__(self, folder: Path) -> None:
        self.workspace, self.temporary, self.home, self.programs = (
            folder / name for name in ("workspace", "temporary", "home", "programs")
        )
        self.event = folder / "event.json"
        for path in (self.workspace, self.temporary, self.home, self.programs):
            path.mkdir(parents=True)


def _install(place: _Place) -> None:
    """The command, as the action leaves it on the path: the program under test, and nothing of this machine."""
    program = place.programs / "opsbook"
    program.write_text(forkserver.shared().program())
    program.chmod(0o755)


def _shell(job: str, title: str, run: str, variables: dict[str, str], place: _Place, number: int) -> Step:
    """Run one step: a file of its own, in bash, which stops at the first failure."""
    script = place.temporary / f"step-{number}.sh"
    script.write_text(run, encoding="utf-8")
    files = {name: place.temporary / f"{name}-{number}" for name in ("OUTPUT", "ENV", "PATH", "STEP_SUMMARY")}
    for path in files.values():
        path.touch()
    done = subprocess.run(
        ["bash", "-e", str(script)],
        cwd=place.workspace,
        env={**variables, **{f"GITHUB_{name}": str(path) for name, path in files.items()}},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    return Step(
        job,
        title,
        "success" if done.returncode == 0 else "failure",
        done.returncode,
        done.stdout.decode(errors="replace"),
        _assignments(files["OUTPUT"].read_text("utf-8")),
        _assignments(files["ENV"].read_text("utf-8")),
        files["PATH"].read_text("utf-8").split(),
    )


def _assignments(text: str) -> dict[str, str]:
    """The names and values of a file of outputs: `name=value`, or several lines between delimiters."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if many := re.fullmatch(r"([^=]+?)<<(.+)", line):
            inner = []
            for following in lines:
                if following == many[2]:
                    break
                inner.append(following)
            found[many[1]] = "\n".join(inner)
        elif line:
            name, sign, value = line.partition("=")
            assert sign, f"GitHub refuses the line {line!r}"
            found[name] = value
    return found


def _filled(values: Mapping[str, Any], contexts: Json) -> dict[str, str]:
    return {name: fill(value if isinstance(value, str) else text_of(value), contexts) for name, value in values.items()}


def _status(before: list[str], *, steps: bool) -> dict[str, Callable[[], bool]]:
    """The functions of a condition, from what came before: a job that needs a skipped one is skipped, a step is not."""
    well = {"success", "skipped"} if steps else {"success"}
    return {
        "success": lambda: set(before) <= well,
        "failure": lambda: "failure" in before,
        "cancelled": lambda: False,
        "always": lambda: True,
    }


def _load(path: Path) -> Any:
    return yaml.safe_load(path.read_text("utf-8"))
