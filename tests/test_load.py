"""Fifty people at once, in small: nothing is lost and nothing is twice while pull requests are merged in between.

This runs at the scale `SMALL`; `make load` runs the same at the scale that is promised, and prints what it cost.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.github_server.calls import merge
from tests.github_server.hub import OWNER
from tests.github_server.server import GitHubServer
from tests.load import on_clones, on_github
from tests.load.audit import Book
from tests.load.crowd import METHODS, SMALL, Figures, Scale
from tests.support.github import make_github, person

PROCESSES = 6


@pytest.mark.parametrize("crowd", [on_github.run, on_clones.run], ids=["github", "clones"])
def test_nothing_is_lost_and_nothing_is_twice_while_somebody_merges(
    tmp_path: Path, crowd: Callable[[Path, Scale], Figures]
) -> None:
    figures = crowd(tmp_path, SMALL)
    assert figures.problems == []
    assert figures.tallies["declare"].writes == SMALL.declarers
    assert figures.tallies["note"].writes == SMALL.writers * SMALL.notes
    merged = figures.tallies["declare"].merged + figures.tallies["note"].merged
    assert all(merged[method] for method in METHODS), merged


def test_real_commands_at_the_same_moment_on_github_lose_nothing_either(tmp_path: Path) -> None:
    server = make_github(tmp_path / "github.git")
    desks = [person(server, tmp_path / f"{number}") for number in range(PROCESSES)]
    record = desks[0].declare()
    for method in METHODS:
        server.meanwhile.append(("receive-pack", lambda method=method: merge_if_open(server, method)))
    texts = [f"Seen by person {number}" for number in range(PROCESSES)]
    ends = [desk.begin("incident", "note", record, text) for desk, text in zip(desks, texts, strict=True)]
    printed = [process.communicate(timeout=120) for process in ends]
    assert [process.returncode for process in ends] == [0] * PROCESSES, printed
    assert server.meanwhile == []
    server.close()
    assert server.refused == []
    found = Book(server.hub.git.path)
    files = {path: text for tree in (found.main, *found.branches.values()) for path, text in tree.items()}
    assert Counter(re.findall(r"^text: (Seen .*)$", "\n".join(files.values()), re.MULTILINE)) == Counter(texts)
    assert found.unmerged() <= {record}


def merge_if_open(server: GitHubServer, method: str) -> None:
    """Somebody merges the pull request, if there is an open one at this moment."""
    for pull in [item for item in server.hub.issues.values() if item.head and item.state == "open"]:
        merge(server.hub, pull, OWNER, {"merge_method": method})
