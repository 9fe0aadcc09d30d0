"""The book is examined: opsbook.yml, the version that it asks for, who acts, and what its settings leave out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from opsbook.core.book import Book
from opsbook.core.errors import UsageError
from opsbook.core.examined import Examined
from opsbook.core.tree import MemoryTree
from opsbook.kinds import registry
from opsbook.report.book_examiner import BookExaminer
from tests.contracts.examiner import read_aloud
from tests.support.small_book import FILES, OPSBOOK_YML

NOW = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)


def found(text: str | None = OPSBOOK_YML, *, actor: Callable[[], str] = lambda: "oncall-a") -> list[Examined]:
    """What is found about the small book with another opsbook.yml, or without one."""
    files = {name: data for name, data in FILES.items() if name != "opsbook.yml"}
    book = Book(MemoryTree(files if text is None else {**files, "opsbook.yml": text}), registry())
    items = list(BookExaminer(book, registry(), "/a/book", actor, lambda: NOW).examine())
    for item in items:
        read_aloud(item, ())
    return items


def about(what: str, items: list[Examined]) -> Examined:
    """The one thing that was found about it."""
    (item,) = (item for item in items if item.what == what)
    return item


def without(*lines: str) -> str:
    """The small opsbook.yml without some lines."""
    kept = [line for line in OPSBOOK_YML.splitlines(keepends=True) if line.strip() not in lines]
    assert len(kept) < len(OPSBOOK_YML.splitlines())
    return "".join(kept)


def test_a_book_in_order_lacks_nothing_and_says_what_it_leaves_out() -> None:
    items = found()
    assert [item for item in items if not item.is_good] == []
    assert {item.what for item in items if item.state == "fine"} == {"opsbook.yml", "you"}
    assert about("you", items).says == "You act as oncall-a, On-call engineer A."
    assert about("GitHub logins", items).says.startswith("No GitHub login is known of any of 2 people")
    assert about("Slack ids", items).state == "note"
    assert "P2, P3 begins without a checklist" in about("checklists", items).says
    assert about("site address", items).state == "note"


def test_without_opsbook_yml_it_says_how_to_start() -> None:
    (item,) = found(None)
    assert (item.what, item.state) == ("opsbook.yml", "missing")
    assert "opsbook new book" in item.remedy


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (OPSBOOK_YML.replace('">=0.1"', '">=99"'), "CFG001"),
        (OPSBOOK_YML.replace("Europe/London", "Europe/Nowhere"), "CFG003"),
        (OPSBOOK_YML.replace("respond]", "nothing]"), "CFG004"),
        (OPSBOOK_YML.replace("version: 2", "version: 2\nversion: 2"), ""),
        (OPSBOOK_YML.replace("roles:", "rolls:", 1), ""),
        ("\tnonsense: [", ""),
    ],
)
def test_an_error_in_it_is_said_with_its_line_and_the_rest_is_examined(text: str, code: str) -> None:
    items = found(text)
    errors = [item for item in items if item.what == "opsbook.yml"]
    assert errors
    assert all(item.state == "missing" for item in errors)
    assert errors[0].says.startswith("Line ")
    assert code in errors[0].says
    assert any(item.what == "you" for item in items)


def test_many_errors_are_counted() -> None:
    items = found(OPSBOOK_YML.replace("title: ", "titel: "))
    errors = [item for item in items if item.what == "opsbook.yml"]
    assert len(errors) == 4
    assert "errors in all" in errors[-1].says
    assert errors[-1].remedy == "Run: opsbook check"


def test_nobody_would_be_told_of_an_incident() -> None:
    item = about("incident channel", found(without("incident: incident", "team: team")))
    assert (item.state, item.says) == ("missing", "Nobody would be told of an incident.")


def test_nobody_is_named_for_security() -> None:
    assert about("security alert", found(without("who: The security desk"))).state == "missing"
    assert about("security channel", found(without("channel: security"))).state == "note"


def test_who_acts_is_said_and_how_to_say_it_anew() -> None:
    item = about("you", found(actor=lambda: "local:somebody"))
    assert item.state == "note"
    assert "git config opsbook.by ID, or export OPSBOOK_BY=ID, with one of oncall-a, oncall-b" in item.remedy

    def nobody() -> str:
        raise UsageError("“x” (OPSBOOK_BY) is nobody in opsbook.yml.", "Use an id of `people`.")

    item = about("you", found(actor=nobody))
    assert (item.state, item.says) == ("missing", "“x” (OPSBOOK_BY) is nobody in opsbook.yml.")
