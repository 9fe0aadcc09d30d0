"""The last lines of a test run tell the truth about the sweeps, and the oracle for secrets hears everything."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable

import pytest

from tests.support.sweeps import GITHUB, PROPERTY, SLACK, leaks, summary


def test_the_size_is_the_sum_of_what_ran() -> None:
    ran = [(PROPERTY + SLACK, 2), (PROPERTY + GITHUB, 30), (PROPERTY + GITHUB, 12), ("another property", 99)]
    assert summary(ran, 0) == [
        "sweep: 44 cells, nothing lost, nothing twice",
        f"  42 cells of {GITHUB}",
        f"  2 cells of {SLACK}",
    ]


def test_a_failure_is_not_hidden_by_what_went_well() -> None:
    assert summary([(PROPERTY + SLACK, 2)], 1)[0] == "sweep: 2 cells, 1 TESTS OF SWEEPS FAILED"
    assert summary([], 1)[0] == "sweep: 0 cells, 1 TESTS OF SWEEPS FAILED"


def test_a_run_without_sweeps_says_nothing_of_them() -> None:
    assert summary([("another property", 99)], 0) == []


@pytest.mark.parametrize(
    "say",
    [
        lambda text: logging.getLogger("urllib3.connectionpool").debug("body: %s", text),
        lambda text: os.write(2, text.encode()),
        print,
    ],
    ids=["a log", "standard error", "standard output"],
)
@pytest.mark.parametrize("shape", ["{}", "Checkout%20is%20down", "Checkout+is+down", "Checkout\nis down"])
def test_a_leak_is_heard_wherever_it_is_and_however_it_is_written(
    overheard: Callable[[], str], say: Callable[[str], object], shape: str
) -> None:
    say(shape.format("Checkout is down"))
    assert leaks(overheard(), "Checkout is down", "a-token") == ["Checkout is down"]
    assert leaks(overheard(), "Checkout is down") == []
