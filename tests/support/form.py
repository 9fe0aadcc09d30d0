"""A person with a phone, and GitHub between them and us: what it writes into an issue, and what a runner is given.

The body follows what GitHub's site writes for a form, and shares nothing with our reader.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.github_server.hub import Hub, Issue, Run
from tests.github_server.server import GitHubServer
from tests.support.desk import Desk, Done
from tests.support.github import person

P1 = "P1 Critical: Users cannot use the service."
P3 = "P3 Minor: Few users notice."


def body(
    severity: str = P1, services: Sequence[str] | None = ("checkout",), *, drill: bool = False, summary: str = ""
) -> str:
    """The body of an issue that was made with the form."""
    tick = "X" if drill else " "
    parts = ["### How bad is it?", severity or "_No response_"]
    if services is not None:
        parts += ["### Which services are affected?", ", ".join(services) or "_No response_"]
    parts += ["### Is it a drill?", f"- [{tick}] This is a rehearsal. Nothing in it is real."]
    parts += ["### What do you see?", summary or "_No response_"]
    return "\n\n".join(parts)


@dataclass
class Phone:
    """Opens and edits issues, starts workflows, and runs what a runner would run for each of them.

    Attributes:
        folder: where each run gets a machine of its own.
        login: whose phone it is.
    """

    server: GitHubServer
    folder: Path
    login: str = "writer"
    variables: dict[str, str] = field(default_factory=dict)
    _machines: int = 0

    def open(self, title: str, text: str) -> Issue:
        """Open an issue."""
        with self.server.locked() as hub:
            return hub.open_issue(by=self.login, title=title, body=text)

    def event(self, issue: Issue, action: str = "opened", sender: str = "") -> dict[str, Any]:
        """What GitHub tells about an issue."""
        with self.server.locked() as hub:
            return {
                "action": action,
                "issue": hub.show_issue(issue),
                "repository": hub.show_repository(),
                "sender": hub.show_user(sender or self.login),
            }

    def dispatch(self, run: int = 4711, **inputs: Any) -> dict[str, Any]:
        """Start the workflow by hand; what GitHub tells about it."""
        with self.server.locked() as hub:
            hub.runs.setdefault(run, Run(run, self.login, hub.now()))
            return {
                "inputs": inputs,
                "ref": "refs/heads/main",
                "workflow": ".github/workflows/declare.yml",
                "repository": hub.show_repository(),
                "sender": hub.show_user(self.login),
            }

    def machine(self) -> Desk:
        """A machine on which nothing has run yet: a fresh clone."""
        self._machines += 1
        path = self.folder / f"machine-{self._machines}"
        variables = {
            "OPSBOOK_BY": "",
            "GITHUB_RUN_ID": "4711",
            "GITHUB_EVENT_PATH": str(path.with_suffix(".json")),
            "GITHUB_STEP_SUMMARY": str(path.with_suffix(".md")),
            **self.variables,
        }
        return person(self.server, path, **variables)

    def run(self, event: dict[str, Any] | str | bytes, *words: str, name: str = "", on: Desk | None = None) -> Done:
        """Run the job for an event, on a machine of its own unless `on` is one."""
        desk = on or self.machine()
        data = event if isinstance(event, bytes) else (event if isinstance(event, str) else json.dumps(event)).encode()
        Path(desk.variables["GITHUB_EVENT_PATH"]).write_bytes(data)
        kind = name or ("workflow_dispatch" if isinstance(event, dict) and "inputs" in event else "issues")
        return desk.opsbook("intake", *words, environ={"GITHUB_EVENT_NAME": kind})

    def declare(self, title: str, text: str, *words: str) -> tuple[Issue, Done]:
        """Open an issue, and run the job for it."""
        issue = self.open(title, text)
        return issue, self.run(self.event(issue), *words)


def answers(hub: Hub, issue: Issue) -> list[str]:
    """What an issue was answered."""
    return [comment.body for comment in hub.comments.values() if comment.issue == issue.number]
