"""Whoever owns runbooks sees which of them matter most, and why."""

from __future__ import annotations

from typing import Any

from opsbook.core.types import parse_time
from opsbook.kinds.runbook.due import listed
from tests.kinds.small import Desk, book

NEXT_YEAR = parse_time("2027-11-21T11:00:00Z")
PAGE = """\
---
title: {title}
owner: ops
reviewed: {reviewed}
---
# {title}
"""


def due(desk: Desk, **words: Any) -> list[tuple[str, str]]:
    """Id and reason of each, in order."""
    view = listed(desk.book, NEXT_YEAR, owner=words.get("owner"), every=words.get("every", False))
    return [(row["id"], row["why"]) for row in view.data["due"]]


def test_what_was_wrong_comes_first_then_what_is_used_then_what_is_oldest() -> None:
    desk = Desk(
        book(
            {
                "runbooks/response/old.md": PAGE.format(title="Old", reviewed="2026-01-01"),
                "runbooks/response/older.md": PAGE.format(title="Older", reviewed="2025-01-01"),
                "runbooks/response/fine.md": PAGE.format(title="Fine", reviewed="2027-11-01"),
            }
        ).tree
    )
    desk.do("step", "INC-20261121-7KQ4M", steps=[2], wrong="There are no pods.")
    assert due(desk) == [
        ("response/respond", "step 2 was wrong on 21 Nov 2026; due since 2027-05-02"),
        ("response/older", "due since 2025-07-02"),
        ("response/old", "due since 2026-07-02"),
    ]
    assert [id_ for id_, _ in due(desk, owner="ops")] == ["response/older", "response/old"]


def test_ten_are_listed_and_the_others_are_counted() -> None:
    pages = {f"runbooks/response/page-{n}.md": PAGE.format(title=f"Page {n}", reviewed="2026-01-01") for n in range(14)}
    desk = Desk(book(pages).tree)
    assert len(due(desk)) == 10
    assert len(due(desk, every=True)) == 15
