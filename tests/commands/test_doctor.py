"""`opsbook doctor` says what is missing, wherever it runs, and disturbs nothing and nobody."""

from __future__ import annotations

import json
from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from opsbook.commands.workflow.doctor import run
from opsbook.core.errors import ForgeError
from opsbook.core.examined import Examined, fine
from tests.github_server.faults import Fault
from tests.github_server.server import GitHubServer
from tests.slack_server import SlackServer, slack_server
from tests.slack_server.workspace import TOKEN as SLACK_TOKEN
from tests.support.desk import Desk, Done, snapshot
from tests.support.github import TOKEN as GITHUB_TOKEN
from tests.support.github import make_github, person
from tests.support.small_book import OPSBOOK_YML

CLOSED = "http://127.0.0.1:9"
"""Where nobody listens."""


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GitHubServer]:
    server = make_github(tmp_path / "github.git")
    yield server
    server.close()
    assert server.refused == []


@pytest.fixture
def slack() -> Iterator[SlackServer]:
    with slack_server("incident", "team", "security", "drill") as server:
        server.workspace.named("security").private = True
        yield server


@pytest.fixture
def whole(github: GitHubServer, slack: SlackServer, tmp_path: Path) -> Desk:
    """A clone of a book that is on GitHub and in Slack."""
    return person(github, tmp_path / "book", SLACK_BOT_TOKEN=SLACK_TOKEN, SLACK_API_URL=slack.url)


def examined(done: Done) -> dict[str, dict[str, Any]]:
    """What was found by what it is about; fails unless the object is as promised."""
    assert set(done.json) == {"fine", "examined"}, str(done)
    rows = done.json["examined"]
    assert all(set(row) == {"what", "state", "says", "remedy"} for row in rows)
    assert {row["state"] for row in rows} <= {"fine", "missing", "unknown", "note"}
    good = all(row["state"] in ("fine", "note") for row in rows)
    assert (done.json["fine"], done.code) == (good, 0 if good else 1), str(done)
    return {row["what"]: row for row in rows}


def having(desk: Desk, **variables: str) -> Desk:
    """The same desk with other variables."""
    return Desk(desk.path, {**desk.variables, **variables})


def doctor(desk: Desk, **variables: str) -> dict[str, dict[str, Any]]:
    """What it finds."""
    return examined(having(desk, **variables).opsbook("doctor", "--format", "json"))


def test_a_clone_without_any_service_is_fine_and_says_what_is_left_out(desk: Desk) -> None:
    before = snapshot(desk.path)
    done = desk.opsbook("doctor")
    assert (done.code, done.err) == (0, "")
    assert (
        "GitHub\n  note     set-up: Not set up without GITHUB_TOKEN and GITHUB_REPOSITORY, and left out.\n" in done.out
    )
    assert "           → Set SLACK_BOT_TOKEN to use it.\n" in done.out
    assert done.out.endswith("Nothing is missing.\n")
    assert snapshot(desk.path) == before


def test_a_whole_set_up_is_fine_and_nobody_notices(whole: Desk, github: GitHubServer, slack: SlackServer) -> None:
    before = snapshot(whole.path), github.hub.git.refs("")
    found = doctor(whole)
    assert [row for row in found.values() if row["state"] in ("missing", "unknown")] == []
    assert {"GitHub: contents", "GitHub: pull requests", "GitHub: labels", "Slack: #incident"} <= set(found)
    assert (snapshot(whole.path), github.hub.git.refs("")) == before
    assert github.hub.issues == {}
    assert (slack.messages(), slack.workspace.scheduled) == ([], {})


def test_each_part_says_what_it_lacks_and_stops_no_other(whole: Desk, github: GitHubServer, slack: SlackServer) -> None:
    github.faults.append(Fault("pulls/create", "scope", times=None))
    slack.workspace.named("team").member = False
    whole.write({"opsbook.yml": OPSBOOK_YML.replace("roles:", "rolls:", 1)})
    done = whole.opsbook("doctor")
    assert done.code == 1
    assert "  MISSING  pull requests: The token may not open pull requests.\n" in done.out
    assert (
        "           → Write “/invite @opsbook” in #team, create it, or correct its name: `channels` in opsbook.yml.\n"
        in done.out
    )
    assert "  MISSING  opsbook.yml: Line " in done.out
    assert done.out.splitlines()[-1] == "3 missing. The arrows say what to do."


def test_offline_it_says_so_for_each_service_and_takes_no_longer(whole: Desk) -> None:
    found = doctor(whole, GITHUB_API_URL=CLOSED, SLACK_API_URL=f"{CLOSED}/api/")
    assert {what: row["state"] for what, row in found.items() if row["state"] not in ("fine", "note")} == {
        "This machine: pushing": "missing", "GitHub: answer": "unknown", "Slack: token": "unknown",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["\tnonsense", "version: 7\n", "", "[]", "\x00", "a: &b [*b]"])
def test_a_broken_opsbook_yml_stops_nothing(whole: Desk, text: str) -> None:
    whole.write({"opsbook.yml": text})
    found = doctor(whole)
    assert found["GitHub: pull requests"]["state"] == "fine"
    assert found["Slack: token"]["state"] == "fine"
    assert "The book: incident channel" in found


def test_outside_of_every_book_and_repository_it_says_what_to_do(tmp_path: Path) -> None:
    found = doctor(Desk(tmp_path))
    assert found["This machine: repository"]["state"] == "missing"
    assert found["The book: opsbook.yml"]["state"] == "missing"
    assert "opsbook new book" in found["The book: opsbook.yml"]["remedy"]
    assert found["GitHub: set-up"]["state"] == "note"


def test_opsbook_yml_may_be_a_folder_or_closed(desk: Desk) -> None:
    (desk.path / "opsbook.yml").unlink()
    (desk.path / "opsbook.yml").mkdir()
    assert doctor(desk)["This machine: Git"]["state"] == "fine"


def test_who_acts_is_said_as_it_would_be(desk: Desk) -> None:
    assert doctor(desk)["The book: you"]["state"] == "fine"
    assert doctor(desk, OPSBOOK_BY="nobody-at-all")["The book: you"]["state"] == "missing"
    row = doctor(desk, OPSBOOK_BY="")["The book: you"]
    assert row["state"] == "note"
    assert "oncall-a, oncall-b" in row["remedy"]


def test_a_declaration_that_was_cut_off_is_found(desk: Desk) -> None:
    kept = desk.path / ".git" / "opsbook" / "intents"
    desk.git("branch", "-m", "main", "elsewhere")
    assert desk.opsbook("declare", "--title", "One", "--severity", "P2", "--yes").code == 4
    assert list(kept.glob("*.json"))
    desk.git("branch", "-m", "elsewhere", "main")
    row = doctor(desk)["This machine: requests"]
    assert (row["state"], row["remedy"]) == ("missing", "Run: opsbook reconcile")
    assert desk.opsbook("reconcile").code == 0
    assert doctor(desk)["This machine: requests"]["state"] == "fine"


@pytest.mark.parametrize("state", ["as it should be", "refused", "broken off", "not a token"])
def test_no_token_is_ever_printed_or_kept(whole: Desk, github: GitHubServer, slack: SlackServer, state: str) -> None:
    tokens = [GITHUB_TOKEN, SLACK_TOKEN]
    if state == "refused":
        github.faults.append(Fault("*", "bad credentials", times=None))
        slack.fail("*", "refused", error="token_revoked", times=None)
    elif state == "broken off":
        github.faults.append(Fault("*", "reset", times=None))
        slack.fail("*", "reset", times=None)
    elif state == "not a token":
        tokens = ["ghp_ first-secret", "xoxb-\u00e9 second-secret"]
    desk = having(whole, GITHUB_TOKEN=tokens[0], SLACK_BOT_TOKEN=tokens[1])
    for words in (("doctor",), ("doctor", "--format", "json")):
        done = desk.opsbook(*words)
        for token in tokens:
            assert all(part not in done.out + done.err for part in (token, json.dumps(token)[1:-1], token[-10:]))
    kept = b"".join(path.read_bytes() for path in whole.state.rglob("*") if path.is_file())
    assert not any(token.encode() in kept for token in tokens)


def test_git_that_cannot_push_where_the_api_can_write_is_found(whole: Desk, github: GitHubServer) -> None:
    assert doctor(whole)["This machine: pushing"]["state"] == "fine"
    github.faults.append(Fault("receive-pack/refs", "scope", times=None))
    row = doctor(whole)["This machine: pushing"]
    assert row["state"] == "missing"
    assert "it does not allow this" in row["says"]
    assert doctor(whole)["GitHub: contents"]["state"] == "fine"


class Broken:
    """A part whose examination breaks off with an error."""

    part = "Broken"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def examine(self) -> Iterator[Examined]:
        """Say one thing, and break."""
        yield fine("begin", "It began.")
        raise self._error


@dataclass
class Room:
    """A workspace with nothing but parts to examine."""

    parts: list[Broken]
    color: bool = False

    def examiners(self) -> list[Broken]:
        """See `Workspace.examiners`."""
        return self.parts


def test_a_part_that_breaks_stops_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    room = Room([Broken(KeyError("a secret")), Broken(ForgeError("It is down.", "Wait.")), Broken(OSError())])
    assert run(Namespace(format="text"), room) == 1  # type: ignore[arg-type]
    out = capsys.readouterr().out
    assert out.count("It began.") == 3
    assert "our fault: KeyError" in out
    assert "secret" not in out
    assert "examination: It is down.\n           → Wait.\n" in out
    assert out.endswith("3 unknown. The arrows say what to do.\n")


def test_a_token_in_the_wrong_variable_is_not_printed_either(whole: Desk) -> None:
    desk = having(whole, GITHUB_REPOSITORY=GITHUB_TOKEN, GITHUB_TOKEN="example/book", SLACK_API_URL=SLACK_TOKEN)
    done = desk.opsbook("doctor")
    assert done.code == 1
    assert GITHUB_TOKEN not in done.out + done.err
    assert SLACK_TOKEN not in done.out + done.err
    assert "Write it as OWNER/NAME." in done.out
    declared = desk.opsbook("declare", "--title", "One", "--severity", "P2", "--yes")
    assert GITHUB_TOKEN not in declared.out + declared.err
    assert SLACK_TOKEN not in declared.out + declared.err


def test_hostile_names_act_on_no_terminal(whole: Desk, slack: SlackServer) -> None:
    whole.write(
        {"opsbook.yml": OPSBOOK_YML.replace("audience: Everybody.", 'audience: "\\u001b]0;x\\u0007 ::error::x"')}
    )
    slack.workspace.named("incident").outside = True
    done = whole.opsbook("doctor")
    assert "\x1b" not in done.out
    assert not any(line.startswith("::") for line in done.out.splitlines())
