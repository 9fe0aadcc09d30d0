"""A story from the declaration to the end, as the program keeps it on a GitHub."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github_server.faults import Fault
from tests.github_server.hub import Issue
from tests.github_server.server import GitHubServer
from tests.support.desk import Desk
from tests.support.github import make_github, person

DECLARE = ("declare", "Checkout is down", "-s", "P1", "--yes")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHubServer]:
    """A GitHub; a request that its description does not allow fails the test."""
    server = make_github(tmp_path / "github.git")
    yield server
    server.close()
    assert server.refused == []


@pytest.fixture
def desk(server: GitHubServer, tmp_path: Path) -> Desk:
    """Somebody with a clone, in whose book a tracker is named."""
    desk = person(server, tmp_path / "desk")
    text = (desk.path / "opsbook.yml").read_text("utf-8")
    assert "incidents:\n" in text
    desk.commit({"opsbook.yml": text.replace("incidents:\n", "incidents:\n  tracker: {github: this}\n", 1)})
    desk.git("push", "--quiet", "origin", "main")
    return desk


def stories(server: GitHubServer) -> list[Issue]:
    with server.locked() as hub:
        return [issue for issue in hub.issues.values() if not issue.head]


def said(server: GitHubServer) -> list[str]:
    """What stands in the story, without its markers."""
    with server.locked() as hub:
        texts = [item.body for item in hub.comments.values() if not hub.issues[item.issue].head]
    return [re.sub(r"<!--.*?-->|\\", "", text).strip() for text in texts]


def test_a_story_is_opened_fed_and_closed_by_the_words_that_people_say_anyway(desk: Desk, server: GitHubServer) -> None:
    done = desk.opsbook(*DECLARE)
    assert done.code == 0, str(done)
    assert "Story: example/book#2." in done.out
    (story,) = stories(server)
    assert story.title.endswith("P1: Checkout is down")
    for words in (("note", "It is slow"), ("did", "rolled back module_8"), ("take", "lead"), ("resolve", "--yes")):
        assert desk.opsbook(*words).code == 0
    assert story.state == "closed"
    found = said(server)
    assert any("changed production: rolled back module_8" in text for text in found)
    assert not any("It is slow" in text for text in found)
    assert len(stories(server)) == 1


def test_a_tracker_that_is_down_delays_the_story_and_nothing_else(desk: Desk, server: GitHubServer) -> None:
    server.faults.append(Fault("issues/create", "scope", times=None))
    done = desk.opsbook(*DECLARE)
    assert done.code == 5, str(done)
    assert "story:github:this was not told by github" in done.out
    server.faults.clear()
    assert desk.opsbook("reconcile").code == 0
    assert len(stories(server)) == 1
    assert desk.opsbook("reconcile").out == "Nothing to do: everything is published and told.\n"


def test_the_doctor_says_what_there_is_to_say_about_stories(desk: Desk) -> None:
    assert "Stories are opened as issues of example/book" in desk.opsbook("doctor").out
