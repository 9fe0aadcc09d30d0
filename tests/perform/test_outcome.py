"""What is left of a command decides its exit code, by one rule; and what is printed of it happened."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from opsbook.commands.printing import show
from opsbook.core.book import Book
from opsbook.core.ports import Delivery
from opsbook.core.tree import MemoryTree
from opsbook.perform import Merged, Outcome, Reconciled, Result, Said, Told
from tests.support.announcements import DECLARED
from tests.support.wired import Chat

DONE, NOT, UNKNOWN = (
    Delivery("done", "ref"),
    Delivery("not done", error="It is down."),
    Delivery("unknown", error="Who knows."),
)
BOOK = Book(MemoryTree({}), {})
THERE: Any = SimpleNamespace(about=None, root=Path("/book"), color=False, unseen=[], verbose=False, book=BOOK)


def told(*answers: Delivery) -> tuple[Told, ...]:
    return tuple(Told.of(DECLARED, Chat(), answer) for answer in answers)


def test_the_worst_that_is_left_is_the_exit_code_and_what_was_not_seen_yields_to_everything() -> None:
    class Some(Result):
        def __init__(self, *left: int) -> None:
            self.codes = left

        def _left(self) -> Iterator[int]:
            yield from self.codes

    worst = [4, 5, 1, 7]
    for count in range(5):
        for left in combinations(worst, count):
            assert Some(*reversed(left)).exit_code == (left[0] if left else 0)


@pytest.mark.parametrize(("result", "code"), [
    (Outcome(told=told(DONE)), 0),
    (Outcome(told=told(DONE, UNKNOWN)), 5),
    (Outcome(unreceipted="It is down."), 5),
    (Outcome(unpublished="It is down.", told=told(NOT)), 4),
    (Said(stopped="It is down."), 5),
    (Merged(left_open={"INC-1": "Somebody looks at it."}), 0),
    (Merged(problems=["It is down."]), 4),
    (Reconciled(delivered=["a"], lapsed=["b"]), 0),
    (Reconciled(refused=["no"]), 1),
    (Reconciled(refused=["no"], waiting=["a"]), 5),
    (Reconciled(resumed=[Outcome(told=told(NOT))], refused=["no"]), 5),
    (Reconciled(resumed=[Outcome(told=told(NOT))], problems=["It is down."]), 4),
])  # fmt: skip
def test_what_is_left_of_each(result: Result, code: int) -> None:
    assert result.exit_code == code


def test_who_may_have_been_told_is_not_said_to_have_not_been(capsys: pytest.CaptureFixture[str]) -> None:
    heard = told(DONE, NOT, UNKNOWN)
    results = (Said(heard), Outcome(id="INC-1", told=heard), Reconciled(resumed=[Outcome(id="INC-1", told=heard)]))
    for result in results:
        show(result, Namespace(format="text"), THERE)
        out = capsys.readouterr().out
        assert f"{DECLARED.audience} was not told by chat: It is down." in out
        assert f"{DECLARED.audience} may not have been told by chat: Who knows." in out
        assert out.count("not told by") == 1


def test_nothing_is_said_when_nothing_was_done(capsys: pytest.CaptureFixture[str]) -> None:
    for result in (Said(), Merged(), Reconciled()):
        show(result, Namespace(format="text"), THERE, nothing="Nothing to do.")
        assert capsys.readouterr().out == "Nothing to do.\n"
        show(result, Namespace(format="json"), THERE, nothing="Nothing to do.")
        assert capsys.readouterr().out.startswith('{"')
