"""Whoever is asked agrees with one comment on GitHub: nobody needs a terminal to be asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.github_server.hub import Comment
from tests.github_server.server import GitHubServer
from tests.support.desk import Desk, Done
from tests.support.form import Phone
from tests.support.github import make_github, person, push_main
from tests.support.small_book import OPSBOOK_YML

ASKED = (
    OPSBOOK_YML.replace(
        "channels:\n",
        """\
  - id: product-a
    name: Product manager A
    roles: [product-manager]
    github: product-fiction
channels:
""",
        1,
    ).replace("teams:\n", "  - id: product-manager\n    title: Product manager\nteams:\n", 1)
    + "authority:\n  incident.resolve: {all: [product-manager]}\n"
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub whose book asks somebody; a request that its description does not allow fails the test."""
    hub = make_github(tmp_path / "github.git")
    hub.hub.permissions |= {"writer": "write", "product-fiction": "read", "stranger": "read"}
    push_main(hub, tmp_path / "people", {"opsbook.yml": ASKED})
    yield hub
    hub.close()
    assert hub.refused == []


@pytest.fixture
def oncall(hub: GitHubServer, tmp_path: Path) -> Desk:
    """Whoever resolves it, at a terminal."""
    desk = person(hub, tmp_path / "oncall")
    assert desk.opsbook("declare", "Checkout is down", "-s", "P1", "--lead", "oncall-a").code == 0
    assert "Agreement pending: Product manager A." in desk.opsbook("resolve").out
    return desk


def comment(hub: GitHubServer, phone: Phone, body: str, *, on: int = 1, login: str = "product-fiction") -> Done:
    """Write a comment, and run the job for it."""
    with hub.locked() as inside:
        number = 500 + len(inside.comments)
        written = Comment(number, on, login, body, inside.now(), inside.now())
        inside.comments[number] = written
        event: dict[str, Any] = {
            "action": "created",
            "issue": inside.show_issue(inside.issues[on]),
            "comment": inside.show_comment(written),
            "repository": inside.show_repository(),
            "sender": inside.show_user(login),
        }
    return phone.run(event, name="issue_comment")


def record(hub: GitHubServer) -> str:
    """The incident, as the title of its pull request has it."""
    with hub.locked() as inside:
        return inside.issues[1].title.split()[0]


def answers(hub: GitHubServer) -> list[str]:
    """What comments were answered."""
    with hub.locked() as inside:
        return [item.body for item in inside.comments.values() if "opsbook-intake comment-" in item.body]


def test_a_comment_is_an_agreement_that_github_vouches_for(hub: GitHubServer, oncall: Desk, tmp_path: Path) -> None:
    phone = Phone(hub, tmp_path)
    done = comment(hub, phone, "/agree\n\nTwo hours are enough.")
    assert done.code == 0, str(done)
    (answer,) = answers(hub)
    assert "**On record:** Product manager A agrees." in answer
    shown = oncall.opsbook("show", record(hub), "--format", "json").out
    assert '"attested": true' in shown
    assert "Two hours are enough." in shown
    assert "pending" not in oncall.opsbook("list").out
    with hub.locked() as inside:
        assert inside.issues[1].state == "open", "an answer closes forms, and never a pull request"


def test_the_same_job_again_agrees_once(hub: GitHubServer, oncall: Desk, tmp_path: Path) -> None:
    phone = Phone(hub, tmp_path)
    with hub.locked() as inside:
        written = Comment(512, 1, "product-fiction", "/agree resolve", inside.now(), inside.now())
        inside.comments[512] = written
        event = {
            "action": "created",
            "issue": inside.show_issue(inside.issues[1]),
            "comment": inside.show_comment(written),
            "repository": inside.show_repository(),
            "sender": inside.show_user("product-fiction"),
        }
    for _ in range(2):
        assert phone.run(event, name="issue_comment").code == 0
    assert len(answers(hub)) == 1
    assert oncall.opsbook("show", record(hub), "--format", "json").out.count('"kind": "agreement"') == 1


@pytest.mark.parametrize(
    ("body", "login", "said"),
    [
        ("/agree", "stranger", "The agreement of github:stranger is not asked"),
        ("/agree", "writer", "The agreement of github:writer is not asked"),
        ("/agree publish", "product-fiction", "“publish” is nothing that is agreed to"),
    ],
)
def test_whoever_is_not_asked_hears_why_and_nothing_is_recorded(
    hub: GitHubServer, oncall: Desk, tmp_path: Path, body: str, login: str, said: str
) -> None:
    done = comment(hub, Phone(hub, tmp_path), body, login=login)
    assert done.code == 1
    (answer,) = answers(hub)
    assert "**Nothing is recorded.**" in answer
    assert said in answer.replace("\\", "")
    assert "agreement" not in oncall.opsbook("show", record(hub), "--format", "json").out.replace(
        '"agreement_pending"', ""
    )


@pytest.mark.parametrize("body", ["I agree", "/agreed", " /agree", "See /agree"])
def test_other_comments_are_words_between_people(hub: GitHubServer, oncall: Desk, tmp_path: Path, body: str) -> None:
    done = comment(hub, Phone(hub, tmp_path), body)
    assert (done.code, answers(hub)) == (0, [])


def test_a_pull_request_that_only_says_that_it_is_of_the_incident_is_not(
    hub: GitHubServer, oncall: Desk, tmp_path: Path
) -> None:
    """Anybody may open one with any title."""
    with hub.locked() as inside:
        real = inside.issues[1]
        posing = inside.open_issue(
            by="stranger", title=real.title, body="", head="innocent", base="main", fork="theirs"
        )
    done = comment(hub, Phone(hub, tmp_path), "/agree", on=posing.number)
    assert (done.code, answers(hub)) == (0, [])
