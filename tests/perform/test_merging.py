"""Merging by itself while GitHub fails: nothing is merged twice, and nothing is said to be merged that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from opsbook.perform import Merged, merge_declarations, performing
from tests.github_server.faults import KINDS, Fault
from tests.support.clock import Clock
from tests.support.github import TOKEN, make_github, office, push_main
from tests.support.small_book import OPSBOOK_YML
from tests.support.wired import Chat
from tests.support.world import DECLARE

CELLS = [(kind.name, when) for kind in KINDS.values() for when in kind.whens]


@pytest.mark.parametrize(("name", "when"), CELLS)
def test_whatever_github_does_at_the_merge_the_next_run_ends_where_an_undisturbed_one_does(
    tmp_path: Path, name: str, when: str
) -> None:
    clock = Clock()
    server = make_github(tmp_path / "github.git", now=clock.now)
    allowed = OPSBOOK_YML.replace("  push: false\n", "  push: false\n  merge: declarations\n")
    push_main(server, tmp_path / "people", {"opsbook.yml": allowed})
    try:
        desk = office(server, tmp_path / "one", Chat(), clock)
        with performing(DECLARE, desk.context) as outcome:
            record = outcome.id

        def merge(name: str) -> Merged:
            """`opsbook merge` on a machine of its own."""
            runner = office(server, tmp_path / name, Chat(), clock, timeouts=(1.0, 1.0))
            return merge_declarations([], runner.context, runner.forge)

        server.faults.append(Fault("pulls/merge", name, when=when))
        first = merge("two")
        with server.locked() as hub:
            there = any(record in path for path, _, _ in hub.git.walk("refs/heads/main"))
        assert set(first.merged) <= ({record} if there else set())
        assert bool(first.problems) != bool(first.merged)
        assert TOKEN not in "".join(first.problems)
        assert merge("three").problems == []
        with server.locked() as hub:
            messages = [hub.git.parse(sha).message for sha in hub.git.revisions("refs/heads/main")]
        assert sum("Merge pull request" in text for text in messages) == 1
    finally:
        server.close()
    assert server.refused == []
